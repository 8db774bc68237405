//! Readers of recorded data: CSV files and NumPy arrays.
