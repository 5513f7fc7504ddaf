// The error for data from outside. It is one of the errors of callers, which @treadle/tensor has.

export { FormatError } from '@treadle/tensor';
