//! Owns the recorded records and replies of the hand-over, one file each in a folder for each format: if they change,
//! the format needs another number.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::handover::{
    Backoff, CodeUse, Codes, Commit, Cooldown, CredentialBackoff, FORMAT, HeldToken, Imported, Lease, Lock,
    NewProcessReply, PREFIX_LENGTH, Pause, Refusal, RefusalCause, Seal, ServerRefusal, StateRecord, decode,
    encode, frame_len, header, parse_header,
};
use cp_token_protocol::message::Response;
use cp_token_protocol::{ErrorCode, Failure, Moment, Secret};

use crate::RECORD;
use crate::samples::{name, token};

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "golden", &format!("handover-{FORMAT}")].iter().collect()
}

fn secret() -> Secret {
    Secret::copy_of(b"example-secret")
}

fn failure() -> Failure {
    Failure::new(ErrorCode::SECRET_REFUSED, "no").with_hint("Check it")
}

fn lease() -> Lease {
    let at = |seconds| Moment { boot: Duration::from_secs(seconds), wall: Duration::new(1_800_000_000, 7) };
    Lease {
        profile: name("prod"),
        account: "prod key-1@https://console.us2.crashplan.com".to_owned(),
        held: Some(HeldToken {
            token: Arc::new(token()),
            life: Duration::from_secs(900),
            end: at(840),
            renewal: at(700),
            renewal_by_callers_only: true,
            is_set_aside: true,
        }),
        cooldown: Some(Cooldown { until: at(3), failures: 2, is_asked_for: true, ends_with_forget: true }),
        refused: true,
        full_at: Duration::from_millis(1500),
        last_asked: Some(Duration::from_secs(70_000)),
        rejected: vec![[1; 32], [255; 32]],
        last_failure: Some(failure()),
        refused_since: Some(Duration::from_secs(1_800_000_000)),
    }
}

fn records() -> Vec<(&'static str, StateRecord)> {
    let log = crate::findings::responses().into_iter().find_map(|(_, response)| {
        let Response::Log(entries) = response else { return None };
        Some(entries).filter(|entries| !entries.is_empty())
    });
    let seal = Seal { salt: [1; 16], nonce: [2; 24], tag: [3; 16] };
    let lock = |seal, suspend_key| Lock {
        seal,
        on_suspend: true,
        suspend_key,
        wrong: 4,
        until: Duration::from_secs(9),
    };
    vec![
        ("socket-identity", StateRecord::SocketIdentity(Some((2049, u64::MAX)))),
        ("socket-identity-of-a-service-manager", StateRecord::SocketIdentity(None)),
        ("lease", StateRecord::Lease(Box::new(lease()))),
        ("secret", StateRecord::Secret("prod key-1@https://a".to_owned(), secret())),
        (
            "refusal",
            StateRecord::Refusal(Refusal {
                profile: name("prod"),
                account: "user:jo@https://console.us2.crashplan.com".to_owned(),
                fingerprint: [4; 32],
                key: secret(),
                cause: Some(RefusalCause::Server(ServerRefusal {
                    answer: "HTTP 401".to_owned(),
                    is_doubtful: false,
                    asks_for_code: true,
                    note: "; note that the secret ends with a space".to_owned(),
                })),
            }),
        ),
        (
            "codes",
            StateRecord::Codes(Codes {
                account: "user:jo@https://console.us2.crashplan.com".to_owned(),
                codes: vec![Secret::copy_of(b"123456")],
                last: Some(CodeUse {
                    ends: Duration::from_secs(1_800_000_000),
                    period: Duration::from_secs(30),
                    mark: u64::MAX,
                }),
                by_other_process: false,
            }),
        ),
        (
            "pause",
            StateRecord::Pause(Pause {
                account: "client:key-1@https://console.us2.crashplan.com".to_owned(),
                until: Moment { boot: Duration::from_secs(70), wall: Duration::from_secs(1_800_000_000) },
                status: 503,
            }),
        ),
        (
            "backoff",
            StateRecord::Backoff(CredentialBackoff {
                account: "client:key-1@https://console.us2.crashplan.com".to_owned(),
                fingerprint: [4; 32],
                key: secret(),
                proxy: Some("http://proxy.example:3128".to_owned()),
                backoff: Backoff {
                    until: Moment { boot: Duration::from_secs(70), wall: Duration::from_secs(1_800_000_000) },
                    failed_at: Duration::from_secs(66),
                    failures: 3,
                    ends_with_forget: false,
                    profile: name("prod"),
                    failure: failure(),
                    worked_elsewhere: true,
                },
                server: Some("https://console.us2.crashplan.com".to_owned()),
            }),
        ),
        ("lock-closed", StateRecord::Lock(lock(Some(seal), None))),
        ("lock-armed", StateRecord::Lock(lock(None, Some((secret(), [5; 16], [6; 24]))))),
        ("sealed", StateRecord::Sealed(secret())),
        ("log", StateRecord::Log(log.unwrap())),
        ("end", StateRecord::End),
        ("commit", StateRecord::Commit(Commit { reply: vec![1, 2, 3], log: vec![] })),
    ]
}

fn replies() -> Vec<(&'static str, NewProcessReply)> {
    vec![
        ("ready", NewProcessReply::Ready("0.1.0".to_owned())),
        ("imported", NewProcessReply::Imported(Imported { tokens: 3, secrets: 300 })),
        ("refused", NewProcessReply::Refused(failure())),
    ]
}

fn wanted() -> BTreeMap<String, Vec<u8>> {
    let records = records().into_iter().map(|(name, record)| (name, encode(&record).unwrap().to_vec()));
    let replies = replies().into_iter().map(|(name, reply)| (name, encode(&reply).unwrap().to_vec()));
    let all = records.chain(replies).chain([("header", header().to_vec())]);
    all.map(|(name, bytes)| (format!("{name}.bin"), bytes)).collect()
}

#[test]
fn a_hand_over_that_changes_is_another_format() {
    let wanted = wanted();
    if std::env::var_os(RECORD).is_some() {
        std::fs::create_dir_all(folder()).unwrap();
        for (name, bytes) in &wanted {
            std::fs::write(folder().join(name), bytes).unwrap();
        }
        panic!("{} files were recorded; run again without {RECORD}", wanted.len());
    }
    let files = std::fs::read_dir(folder()).unwrap().map(Result::unwrap);
    let recorded: BTreeMap<_, _> = files
        .map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap()))
        .collect();
    assert_eq!(recorded, wanted);
}

#[test]
fn every_record_and_reply_reads_back_to_the_same_bytes_and_nothing_shorter_or_longer_is_one() {
    for (name, record) in records() {
        let bytes = encode(&record).unwrap();
        let (head, body) = bytes.split_first_chunk::<PREFIX_LENGTH>().unwrap();
        assert_eq!(frame_len(*head), Some(body.len()), "{name}");
        assert_eq!(encode(&decode::<StateRecord>(body).unwrap()).unwrap(), bytes, "{name}");
        assert!((0..body.len()).all(|length| decode::<StateRecord>(&body[..length]).is_err()), "{name}");
        assert!(decode::<StateRecord>(&[body, &[0]].concat()).is_err(), "{name}");
    }
    for (name, reply) in replies() {
        let bytes = encode(&reply).unwrap();
        assert_eq!(
            encode(&decode::<NewProcessReply>(&bytes[PREFIX_LENGTH..]).unwrap()).unwrap(),
            bytes,
            "{name}"
        );
    }
}

#[test]
fn a_header_of_any_format_is_understood_and_nothing_else_is_one() {
    assert_eq!(parse_header(header()), Some(FORMAT));
    assert_eq!(parse_header(*b"CPTH\x63\x00\x00\x00"), Some(99));
    for other in [*b"CPTK\x01\x00\x00\x00", *b"CPTH\x01\x00\x00\x01", *b"ready\n\0\0", [0; 8]] {
        assert_eq!(parse_header(other), None);
    }
    let lengths = [0_u32, 1, 65_536, 65_537, u32::MAX].map(|length| frame_len(length.to_le_bytes()));
    assert_eq!(lengths, [None, Some(1), Some(65_536), None, None]);
}
