//! Owns the choice of arbitrary messages: every variant, every optional field, and integers and lengths around
//! each step of their encoding.

use std::sync::Arc;

use cp_token_protocol::message::{
    AccessTokenRequest, AuthScheme, FindingPage, ForgetScope, Freshness, KeyringReport, LockRequest,
    OriginSelector, ProfileListRequest, ProfilePage, ProfileSelector, ProtectionReport, ProtectionState,
    Request, Response, StatusReport, TokenResponse, TokenState,
};
use cp_token_protocol::{AccessToken, ErrorCode, Failure, ProfileName, Secret};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use crate::findings::{doctor_requests, entries, findings, log_requests};
use crate::profiles::{creates, reports, resets, updates};

pub(crate) fn requests() -> impl Strategy<Value = Request> {
    prop_oneof![
        token_requests().prop_map(Request::AccessToken),
        Just(()).prop_map(|()| Request::Status),
        selectors().prop_map(|selector| Request::Forget(ForgetScope::Profile(selector))),
        Just(()).prop_map(|()| Request::Forget(ForgetScope::All)),
        of(names()).prop_map(|after| Request::ProfileList(ProfileListRequest { after })),
        selectors().prop_map(Request::ProfileShow),
        creates().prop_map(Request::ProfileCreate),
        updates().prop_map(Request::ProfileUpdate),
        resets().prop_map(Request::ProfileResetSecret),
        names().prop_map(Request::ProfileDelete),
        names().prop_map(Request::ProfileUse),
        Just(()).prop_map(|()| Request::Reload),
        Just(()).prop_map(|()| Request::Stop),
        Just(()).prop_map(|()| Request::Restart),
        (secrets(), any::<bool>())
            .prop_map(|(passphrase, on_suspend)| Request::Lock(LockRequest { passphrase, on_suspend })),
        secrets().prop_map(Request::Unlock),
        Just(()).prop_map(|()| Request::DisarmSuspendLock),
        log_requests().prop_map(Request::Log),
        doctor_requests().prop_map(Request::Doctor),
    ]
}

pub(crate) fn responses() -> impl Strategy<Value = Response> {
    prop_oneof![
        Just(()).prop_map(|()| Response::Working),
        token_responses().prop_map(Response::Token),
        statuses().prop_map(Response::Status),
        (vec(reports(), 0..4), of(names()))
            .prop_map(|(profiles, next)| Response::Profiles(ProfilePage { profiles, next })),
        reports().prop_map(|report| Response::Profile(Box::new(report))),
        vec(texts(), 0..4).prop_map(Response::Done),
        failures().prop_map(Response::Failure),
        vec(entries(), 0..4).prop_map(Response::Log),
        (vec(findings(), 0..4), of(names()))
            .prop_map(|(findings, next)| Response::Findings(FindingPage { findings, next })),
    ]
}

fn token_requests() -> impl Strategy<Value = AccessTokenRequest> {
    let fields = (selectors(), freshness(), of(numbers()), numbers(), of(secrets()), any::<[bool; 2]>());
    fields.prop_map(|(profile, freshness, min_validity_ms, timeout_ms, code, [accepts_basic, retries])| {
        AccessTokenRequest { profile, freshness, min_validity_ms, timeout_ms, code, accepts_basic, retries }
    })
}

fn token_responses() -> impl Strategy<Value = TokenResponse> {
    let schemes = prop_oneof![Just(AuthScheme::Bearer), Just(AuthScheme::Basic)];
    let fields = (tokens(), numbers(), numbers(), names(), texts(), schemes);
    fields.prop_map(|(token, expires_in_ms, expires_at, profile, url, scheme)| {
        let access_token = Arc::new(token);
        TokenResponse { access_token, expires_in_ms, expires_at, profile, url, scheme }
    })
}

fn statuses() -> impl Strategy<Value = StatusReport> {
    let numbers = (any::<u16>(), any::<u32>(), numbers());
    let words = (texts(), texts(), texts(), of(texts()), texts());
    let lists = (keyrings(), vec(protections(), 0..3), any::<(bool, bool)>());
    (numbers, words, lists).prop_map(|(numbers, words, (keyring, protections, lock))| {
        let (locked, locks_on_suspend) = lock;
        let (protocol, pid, uptime_s) = numbers;
        let (version, socket, config_file, config_problem, state_file) = words;
        StatusReport {
            version,
            protocol,
            pid,
            uptime_s,
            socket,
            config_file,
            config_problem,
            keyring,
            protections,
            locked,
            locks_on_suspend,
            state_file,
            secrets_in_memory: pid,
        }
    })
}

fn failures() -> impl Strategy<Value = Failure> {
    (any::<u16>(), texts(), texts(), of(numbers())).prop_map(|(code, message, hint, retry_after_ms)| {
        Failure { code: ErrorCode(code), message, hint, retry_after_ms }
    })
}

fn selectors() -> impl Strategy<Value = ProfileSelector> {
    prop_oneof![
        Just(ProfileSelector::Default),
        names().prop_map(ProfileSelector::Named),
        texts().prop_map(ProfileSelector::Url),
        (texts(), of(names()), of(texts()), of(names())).prop_map(|(url, profile, username, preferred)| {
            ProfileSelector::Origin(OriginSelector { url, profile, username, preferred })
        }),
    ]
}

fn freshness() -> impl Strategy<Value = Freshness> {
    prop_oneof![
        Just(()).prop_map(|()| Freshness::Valid),
        tokens().prop_map(Freshness::Rejected),
        Just(()).prop_map(|()| Freshness::Fresh),
    ]
}

pub(crate) fn token_states() -> impl Strategy<Value = TokenState> {
    prop_oneof![
        Just(TokenState::Absent),
        numbers().prop_map(TokenState::Live),
        Just(TokenState::Requesting),
        numbers().prop_map(TokenState::CoolingDown),
    ]
}

fn protections() -> impl Strategy<Value = ProtectionReport> {
    let states = [ProtectionState::On, ProtectionState::Off, ProtectionState::Unsupported];
    (texts(), 0..3usize, texts()).prop_map(move |(name, state, detail)| ProtectionReport {
        name,
        state: states[state],
        detail,
    })
}

fn keyrings() -> impl Strategy<Value = KeyringReport> {
    prop_oneof![
        Just(KeyringReport::Untried),
        Just(KeyringReport::Working),
        Just(KeyringReport::Unavailable),
        Just(KeyringReport::Locked),
        Just(KeyringReport::Denied),
        Just(KeyringReport::TimedOut),
    ]
}

pub(crate) fn names() -> impl Strategy<Value = ProfileName> {
    "[a-z0-9][a-z0-9._-]{0,63}".prop_map(|text| ProfileName::parse(&text).unwrap())
}

fn tokens() -> impl Strategy<Value = AccessToken> {
    prop_oneof!["[A-Za-z0-9._~+/-]{1,40}={0,2}", "[A-Za-z0-9._~+/-]{240,260}"]
        .prop_map(|text| AccessToken::copy_of(text.as_bytes()).unwrap())
}

pub(crate) fn secrets() -> impl Strategy<Value = Secret> {
    prop_oneof![vec(any::<u8>(), 0..40), vec(any::<u8>(), 245..260)].prop_map(|bytes| Secret::copy_of(&bytes))
}

pub(crate) fn texts() -> impl Strategy<Value = String> {
    prop_oneof![4 => "\\PC{0,20}", 2 => any::<String>(), 1 => "[a-zé]{200,260}"]
}

/// Both sides of every step of the encoding, and everything between.
pub(crate) fn numbers() -> impl Strategy<Value = u64> {
    prop_oneof![
        248..=255u64,
        65_530..=65_540u64,
        4_294_967_290..=4_294_967_300u64,
        Just(u64::MAX),
        any::<u64>()
    ]
}
