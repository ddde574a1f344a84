//! Owns the choice of arbitrary messages: every variant, every optional field, and integers and lengths around
//! each step of their encoding.

use std::sync::Arc;

use cp_token_protocol::message::{
    AccessTokenRequest, Demand, ForgetScope, Identity, KeyringReport, ProfileCreate, ProfileReport,
    ProfileResetSecret, ProfileSelector, ProfileUpdate, ProtectionReport, ProtectionState, Request, Response,
    SecretSourceKind, StatusReport, TokenGrant, TokenState,
};
use cp_token_protocol::{AccessToken, ErrorCode, Failure, ProfileName, Secret};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

pub(crate) fn requests() -> impl Strategy<Value = Request> {
    prop_oneof![
        (selectors(), demands(), of(numbers()), numbers()).prop_map(
            |(profile, demand, validity, timeout)| {
                let (min_validity_ms, timeout_ms) = (validity, timeout);
                Request::AccessToken(AccessTokenRequest { profile, demand, min_validity_ms, timeout_ms })
            }
        ),
        Just(()).prop_map(|()| Request::Status),
        selectors().prop_map(|selector| Request::Forget(ForgetScope::Profile(selector))),
        Just(()).prop_map(|()| Request::Forget(ForgetScope::All)),
        Just(()).prop_map(|()| Request::ProfileList),
        creates().prop_map(Request::ProfileCreate),
        updates().prop_map(Request::ProfileUpdate),
        (names(), secrets(), any::<bool>()).prop_map(|(name, secret, verify)| {
            Request::ProfileResetSecret(ProfileResetSecret { name, secret, verify })
        }),
        names().prop_map(Request::ProfileDelete),
        names().prop_map(Request::ProfileUse),
        Just(()).prop_map(|()| Request::Reload),
        Just(()).prop_map(|()| Request::Stop),
    ]
}

pub(crate) fn responses() -> impl Strategy<Value = Response> {
    prop_oneof![
        Just(()).prop_map(|()| Response::Working),
        grants().prop_map(Response::Token),
        statuses().prop_map(Response::Status),
        vec(reports(), 0..4).prop_map(Response::Profiles),
        vec(texts(), 0..4).prop_map(Response::Done),
        failures().prop_map(Response::Failure),
    ]
}

fn creates() -> impl Strategy<Value = ProfileCreate> {
    let fields = (names(), texts(), identities(), sources(), secrets(), of(texts()), any::<(bool, bool)>());
    fields.prop_map(|(name, url, identity, secret_source, secret, ca_bundle, (insecure_http, verify))| {
        ProfileCreate { name, url, identity, secret_source, secret, ca_bundle, insecure_http, verify }
    })
}

fn updates() -> impl Strategy<Value = ProfileUpdate> {
    let scalars = (names(), of(texts()), of(identities()), of(sources()), of(secrets()), of(texts()));
    let rest = (of(any::<bool>()), vec(texts(), 0..4), vec(texts(), 0..4), any::<bool>());
    (scalars, rest).prop_map(|((name, url, identity, secret_source, secret, ca_bundle), rest)| {
        let (insecure_http, also_for, not_for, verify) = rest;
        ProfileUpdate {
            name,
            url,
            identity,
            secret_source,
            secret,
            ca_bundle,
            insecure_http,
            also_for,
            not_for,
            verify,
        }
    })
}

fn grants() -> impl Strategy<Value = TokenGrant> {
    let fields = (tokens(), numbers(), numbers(), names(), texts());
    fields.prop_map(|(token, expires_in_ms, expires_at, profile, url)| {
        let access_token = Arc::new(token);
        TokenGrant { access_token, expires_in_ms, expires_at, profile, url }
    })
}

fn statuses() -> impl Strategy<Value = StatusReport> {
    let numbers = (any::<u16>(), any::<u32>(), numbers());
    let words = (texts(), texts(), texts(), of(texts()));
    let lists = (keyrings(), vec(protections(), 0..3), vec(reports(), 0..3));
    (numbers, words, lists).prop_map(|(numbers, words, (keyring, protections, profiles))| {
        let (protocol, pid, uptime_s) = numbers;
        let (version, socket, config_file, config_problem) = words;
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
            profiles,
        }
    })
}

fn reports() -> impl Strategy<Value = ProfileReport> {
    let who = (names(), texts(), identities(), sources());
    let how = (of(texts()), any::<(bool, bool)>(), vec(texts(), 0..3));
    let when = (of(numbers()), of(numbers()), token_states());
    (who, how, when).prop_map(
        |((name, url, identity, secret_source), how, (created, last_redeemed, token))| {
            let (ca_bundle, (insecure_http, is_default), also_for) = how;
            ProfileReport {
                name,
                url,
                identity,
                secret_source,
                ca_bundle,
                insecure_http,
                also_for,
                is_default,
                created,
                last_redeemed,
                token,
            }
        },
    )
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
    ]
}

fn demands() -> impl Strategy<Value = Demand> {
    prop_oneof![
        Just(()).prop_map(|()| Demand::Valid),
        tokens().prop_map(Demand::Rejected),
        Just(()).prop_map(|()| Demand::Fresh),
    ]
}

fn token_states() -> impl Strategy<Value = TokenState> {
    prop_oneof![
        Just(TokenState::Absent),
        numbers().prop_map(TokenState::Live),
        Just(TokenState::Requesting),
        numbers().prop_map(TokenState::CoolingDown),
        Just(TokenState::Refused),
    ]
}

fn protections() -> impl Strategy<Value = ProtectionReport> {
    let states = [ProtectionState::On, ProtectionState::Off, ProtectionState::Unsupported];
    (texts(), 0..3usize).prop_map(move |(name, state)| ProtectionReport { name, state: states[state] })
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

fn identities() -> impl Strategy<Value = Identity> {
    texts().prop_map(Identity::ApiClient)
}

fn sources() -> impl Strategy<Value = SecretSourceKind> {
    prop_oneof![Just(SecretSourceKind::Keyring), Just(SecretSourceKind::Memory)]
}

fn names() -> impl Strategy<Value = ProfileName> {
    "[a-z0-9][a-z0-9._-]{0,63}".prop_map(|text| ProfileName::parse(&text).unwrap())
}

fn tokens() -> impl Strategy<Value = AccessToken> {
    prop_oneof!["[A-Za-z0-9._~+/-]{1,40}={0,2}", "[A-Za-z0-9._~+/-]{240,260}"]
        .prop_map(|text| AccessToken::copy_of(text.as_bytes()).unwrap())
}

fn secrets() -> impl Strategy<Value = Secret> {
    prop_oneof![vec(any::<u8>(), 0..40), vec(any::<u8>(), 245..260)].prop_map(|bytes| Secret::copy_of(&bytes))
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![4 => "\\PC{0,20}", 2 => any::<String>(), 1 => "[a-zé]{200,260}"]
}

/// Both sides of every step of the encoding, and everything between.
fn numbers() -> impl Strategy<Value = u64> {
    prop_oneof![
        248..=255u64,
        65_530..=65_540u64,
        4_294_967_290..=4_294_967_300u64,
        Just(u64::MAX),
        any::<u64>()
    ]
}
