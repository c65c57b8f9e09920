/**
 * Solves A x = b for a symmetric, positive definite A by Cholesky's decomposition (Golub & Van Loan, "Matrix Computations", 4.2).
 *
 * @param matrix size x size, row by row; its lower triangle is read, and overwritten by the factor
 * @param right size values; overwritten by the solution
 * @throws Error when the matrix is not positive definite
 */
export function solveSymmetric(matrix: Float64Array, right: Float64Array): void {
  const size = right.length;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let rest = matrix[row * size + column]!;
      for (let k = 0; k < column; k++) rest -= matrix[row * size + k]! * matrix[column * size + k]!;
      if (row !== column) {
        matrix[row * size + column] = rest / matrix[column * size + column]!;
      } else if (rest > 0) {
        matrix[row * size + row] = Math.sqrt(rest);
      } else {
        throw new Error("The matrix is not positive definite.");
      }
    }
  }
  for (let row = 0; row < size; row++) {
    for (let k = 0; k < row; k++) right[row]! -= matrix[row * size + k]! * right[k]!;
    right[row]! /= matrix[row * size + row]!;
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let k = row + 1; k < size; k++) right[row]! -= matrix[k * size + row]! * right[k]!;
    right[row]! /= matrix[row * size + row]!;
  }
}
