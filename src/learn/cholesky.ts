/**
 * Cholesky's decomposition of a symmetric, positive definite A (Golub & Van Loan, "Matrix Computations", 4.2): L with A = L L'.
 *
 * @param matrix size x size, row by row; its lower triangle is read, and overwritten by L
 * @throws Error when the matrix is not positive definite
 */
export function decompose(matrix: Float64Array, size: number): void {
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
}

/**
 * Solves A x = b.
 *
 * @param matrix size x size, symmetric and positive definite; its lower triangle is overwritten by the decomposition
 * @param right size values; overwritten by the solution
 * @throws Error when the matrix is not positive definite
 */
export function solveSymmetric(matrix: Float64Array, right: Float64Array): void {
  const size = right.length;
  decompose(matrix, size);
  for (let row = 0; row < size; row++) {
    for (let k = 0; k < row; k++) right[row]! -= matrix[row * size + k]! * right[k]!;
    right[row]! /= matrix[row * size + row]!;
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let k = row + 1; k < size; k++) right[row]! -= matrix[k * size + row]! * right[k]!;
    right[row]! /= matrix[row * size + row]!;
  }
}

/** The diagonal of A's inverse, from A's decomposition: the squared length of each column of L's inverse. */
export function inverseDiagonal(decomposition: Float64Array, size: number): Float64Array {
  const diagonal = new Float64Array(size);
  const column = new Float64Array(size);
  for (let place = 0; place < size; place++) {
    for (let row = place; row < size; row++) {
      let rest = row === place ? 1 : 0;
      for (let k = place; k < row; k++) rest -= decomposition[row * size + k]! * column[k]!;
      column[row] = rest / decomposition[row * size + row]!;
      diagonal[place]! += column[row]! ** 2;
    }
  }
  return diagonal;
}
