//! Owns the tables of the lease: each promise of the policy once, by hand.
