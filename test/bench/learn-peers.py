# python3 learn-peers.py FILE ROWS COLUMNS KIND: what learn-one.ts does, by XGBoost or scikit-learn on one thread.
import json, os, resource, sys, time
os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np

file, rows, columns, kind = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
start = -(-rows // 8) * 8
labels = np.fromfile(file, dtype=np.uint8, count=rows)
matrix = np.fromfile(file, dtype=np.float64, offset=start, count=rows * columns).reshape(columns, rows).T.copy()


def timed(work):
    cpu, wall = time.process_time(), time.time()
    value = work()
    return value, time.time() - wall, time.process_time() - cpu


def auc(scores):
    from sklearn.metrics import roc_auc_score
    return float(roc_auc_score(labels, scores))


peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
if kind == "boosted":
    import xgboost
    settings = dict(max_depth=6, eta=0.1, min_child_weight=1, objective="binary:logistic", tree_method="hist", max_bin=255, nthread=1)
    before = peak()
    booster, seconds, cpu = timed(lambda: xgboost.train(settings, xgboost.DMatrix(matrix, label=labels, nthread=1), 100))
    most = peak()
    booster.inplace_predict(matrix)
    scores, _, scored = timed(lambda: booster.inplace_predict(matrix))
    few = xgboost.DMatrix(matrix[:2000], nthread=1)
    _, _, explained = timed(lambda: booster.predict(few, pred_contribs=True))
    found = dict(seconds=seconds, cpu=cpu, peakMB=(most - before) / 1024, scoredPerCpuSecond=rows / scored,
                 explainedPerCpuSecond=min(rows, 2000) / explained, auc=auc(scores))
else:
    # Neither of the two takes missing values in Debian's version.
    gaps = np.isnan(matrix)
    matrix[gaps] = np.broadcast_to(np.nanmedian(matrix, axis=0), matrix.shape)[gaps]
    if kind == "forest":
        from sklearn.ensemble import RandomForestClassifier
        model = RandomForestClassifier(n_estimators=100, max_depth=8, min_samples_leaf=20, n_jobs=1, random_state=1)
    else:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        model = make_pipeline(StandardScaler(), LogisticRegression(C=1, max_iter=1000))
    before = peak()
    _, seconds, cpu = timed(lambda: model.fit(matrix, labels))
    most = peak()
    scores, _, scored = timed(lambda: model.predict_proba(matrix)[:, 1])
    found = dict(seconds=seconds, cpu=cpu, peakMB=(most - before) / 1024, scoredPerCpuSecond=rows / scored, auc=auc(scores))
print(json.dumps(found))
