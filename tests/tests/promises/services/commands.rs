//! Promises about `cp-token service install`, `uninstall` and `status`.
