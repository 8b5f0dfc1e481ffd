//! Import and export of the back office as CSV files.
