//! Owns the truths about codes: the test vectors of the RFC, and the ways in which people write seeds.

use super::*;

fn seed(text: &str) -> Result<Seed, SeedError> {
    Seed::parse(&Secret::copy_of(text.as_bytes()))
}

fn code(seed: &Seed, seconds: u64) -> String {
    String::from_utf8(seed.code(seconds / seed.period().as_secs()).expose().to_vec()).unwrap()
}

/// RFC 6238, appendix B, with the keys of its errata: twenty, 32 and 64 bytes.
#[test]
fn the_test_vectors_of_rfc_6238_hold() {
    let vectors = [
        (59, "94287082", "46119246", "90693936"),
        (1_111_111_109, "07081804", "68084774", "25091201"),
        (1_111_111_111, "14050471", "67062674", "99943326"),
        (1_234_567_890, "89005924", "91819424", "93441116"),
        (2_000_000_000, "69279037", "90698825", "38618901"),
        (20_000_000_000, "65353130", "77737706", "47863826"),
    ];
    let key = |length: usize| BASE32_NOPAD.encode(&b"1234567890".repeat(7)[..length]);
    let uri = |length, name| format!("otpauth://totp/x?secret={}&algorithm={name}&digits=8", key(length));
    let seeds = [(20, "SHA1"), (32, "SHA256"), (64, "SHA512")]
        .map(|(length, name)| seed(&uri(length, name)).unwrap());
    for (seconds, sha1, sha256, sha512) in vectors {
        assert_eq!([0, 1, 2].map(|which| code(&seeds[which], seconds)), [sha1, sha256, sha512], "{seconds}");
    }
}

/// RFC 4226, appendix D: the first ten counters.
#[test]
fn the_test_vectors_of_rfc_4226_hold() {
    let seed = seed(&BASE32_NOPAD.encode(b"12345678901234567890")).unwrap();
    let codes =
        ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
    for (counter, expected) in codes.into_iter().enumerate() {
        assert_eq!(code(&seed, counter as u64 * 30), expected);
    }
}

#[test]
fn a_seed_may_be_written_as_people_write_it() {
    let plain = seed("JBSWY3DPEHPK3PXP").unwrap();
    for other in [
        "jbsw y3dp ehpk 3pxp",
        "JBSW-Y3DP-EHPK-3PXP",
        " JBSWY3DPEHPK3PXP====\n",
        "otpauth://totp/CrashPlan:jo%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=CrashPlan",
        "otpauth://totp/x?SECRET=jbswy3dpehpk3pxp&algorithm=sha1&digits=6&period=30",
    ] {
        assert_eq!(code(&seed(other).unwrap(), 59), code(&plain, 59), "{other}");
    }
    let slow = seed("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=60").unwrap();
    assert_eq!(slow.period(), Duration::from_secs(60));
    assert_eq!(code(&slow, 119), code(&slow, 60));
}

#[test]
fn what_is_no_seed_is_refused_and_not_repeated() {
    for (text, error) in [
        ("", SeedError::Length),
        ("HUNTER1", SeedError::NotBase32),
        ("otpauth://hotp/x?secret=JBSWY3DP&counter=1", SeedError::NotTotp),
        ("otpauth://totp/x", SeedError::NotTotp),
        ("otpauth://totp/x?secret=HUNTER1", SeedError::NotBase32),
        ("otpauth://totp/x?secret=JBSWY3DP&algorithm=MD5", SeedError::Unsupported),
        ("otpauth://totp/x?secret=JBSWY3DP&digits=5", SeedError::Unsupported),
        ("otpauth://totp/x?secret=JBSWY3DP&period=0", SeedError::Unsupported),
        (&"A".repeat(1024), SeedError::Length),
    ] {
        let found = seed(text).map(drop).unwrap_err();
        assert_eq!(found, error, "{text}");
        assert!(!found.to_string().contains("HUNTER"));
    }
}

#[test]
fn a_code_is_six_to_eight_digits() {
    for (text, good) in [
        ("123456", true),
        ("12345678", true),
        ("12345", false),
        ("123456789", false),
        ("12 345", false),
        ("", false),
    ] {
        assert_eq!(is_code(&Secret::copy_of(text.as_bytes())), good, "{text}");
    }
}
