//! What the source `memory` promises.

use std::collections::HashMap;

use cp_tokend::secrets::sources::{MemoryBackend, SecretBackend, SourceError};

use crate::{key, load, store, suite};

#[tokio::test]
async fn memory_keeps_every_promise_of_a_source() {
    suite::keeps_every_promise(&MemoryBackend::default()).await;
}

/// A row of numbers that looks random and is the same in every run (Knuth's multiplier).
fn numbers() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(1_u64), |n| {
        Some(n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    })
    .map(|n| n >> 33)
}

#[tokio::test]
async fn i10_a_hundred_thousand_mixed_calls_never_mix_two_profiles() {
    let source = MemoryBackend::default();
    let keys = ["a", "b", "c"].map(key);
    let mut expected: HashMap<usize, Vec<u8>> = HashMap::new();
    for number in numbers().take(100_000) {
        let which = (number % 3) as usize;
        match number / 3 % 8 {
            0 => {
                source.erase(&keys[which]).await.unwrap();
                expected.remove(&which);
            }
            1 => {
                let secret = format!("{which} {number}").into_bytes();
                store(&source, &keys[which], &secret).await.unwrap();
                expected.insert(which, secret);
            }
            _ => {
                let known = expected.get(&which).cloned().ok_or(SourceError::Absent);
                assert_eq!(load(&source, &keys[which]).await, known);
            }
        }
    }
}
