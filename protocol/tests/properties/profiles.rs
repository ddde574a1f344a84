//! Owns the choice of arbitrary messages about profiles, as `strategies.rs` owns the others.

use cp_token_protocol::message::{
    ExternalKeyringItem, Identity, ProfileCreate, ProfileReport, ProfileResetSecret, ProfileUpdate,
    SecretParts, SecretSource, SecretState, TotpMethod,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use crate::strategies::{names, numbers, secrets, texts, token_states};

pub(crate) fn creates() -> impl Strategy<Value = ProfileCreate> {
    let who = (names(), texts(), identities(), locations(), parts());
    let how = (of(texts()), any::<(bool, bool, bool)>(), totps(), of(secrets()), of(external_items()));
    let network = (of(texts()), vec(texts(), 0..3));
    (who, how, network).prop_map(|((name, url, identity, secret_source, secret), how, (proxy, no_proxy))| {
        let (ca_bundle, (insecure_http, verify, dry_run), totp, code, external_item) = how;
        ProfileCreate {
            name,
            url,
            identity,
            secret_source,
            secret,
            ca_bundle,
            insecure_http,
            verify,
            totp,
            code,
            proxy,
            no_proxy,
            external_item,
            dry_run,
        }
    })
}

fn external_items() -> impl Strategy<Value = ExternalKeyringItem> {
    (texts(), texts()).prop_map(|(service, username)| ExternalKeyringItem { service, username })
}

pub(crate) fn updates() -> impl Strategy<Value = ProfileUpdate> {
    let who = (names(), of(texts()), of(identities()), of(locations()), parts(), of(totps()));
    let rest = (of(any::<bool>()), vec(texts(), 0..4), vec(texts(), 0..4), any::<bool>());
    let network = (of(texts()), of(secrets()), of(texts()), of(vec(texts(), 0..3)), any::<bool>());
    (who, rest, network).prop_map(|(who, rest, (ca_bundle, code, proxy, no_proxy, dry_run))| {
        let (name, url, identity, secret_source, secret, totp) = who;
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
            totp,
            code,
            proxy,
            no_proxy,
            dry_run,
        }
    })
}

pub(crate) fn resets() -> impl Strategy<Value = ProfileResetSecret> {
    (names(), parts(), any::<bool>(), of(secrets()), any::<bool>()).prop_map(
        |(name, secret, verify, code, dry_run)| ProfileResetSecret { name, secret, verify, code, dry_run },
    )
}

pub(crate) fn reports() -> impl Strategy<Value = ProfileReport> {
    let who = (names(), texts(), identities(), locations(), totps());
    let how = (of(texts()), any::<(bool, bool)>(), vec(texts(), 0..3), of(texts()), vec(texts(), 0..3));
    let when = (of(numbers()), of(numbers()), token_states(), of(numbers()), secret_states());
    (who, how, when).prop_map(
        |(
            (name, url, identity, secret_source, totp),
            how,
            (created, last_token_at, token, token_life_ms, secret),
        )| {
            let (ca_bundle, (insecure_http, is_default), also_for, proxy, no_proxy) = how;
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
                last_token_at,
                token,
                totp,
                proxy,
                no_proxy,
                token_life_ms,
                secret,
            }
        },
    )
}

fn secret_states() -> impl Strategy<Value = SecretState> {
    prop_oneof![Just(SecretState::Usable), numbers().prop_map(SecretState::Refused)]
}

fn parts() -> impl Strategy<Value = SecretParts> {
    (of(secrets()), of(secrets()), of(secrets()))
        .prop_map(|(secret, totp_seed, proxy_password)| SecretParts { secret, totp_seed, proxy_password })
}

fn identities() -> impl Strategy<Value = Identity> {
    prop_oneof![
        texts().prop_map(Identity::ApiClient),
        texts().prop_map(Identity::User),
        texts().prop_map(Identity::Basic)
    ]
}

fn locations() -> impl Strategy<Value = SecretSource> {
    prop_oneof![
        Just(SecretSource::Keyring),
        Just(SecretSource::Memory),
        vec(texts(), 0..4).prop_map(SecretSource::Command),
        texts().prop_map(SecretSource::File),
        texts().prop_map(SecretSource::Credential)
    ]
}

fn totps() -> impl Strategy<Value = TotpMethod> {
    prop_oneof![
        Just(TotpMethod::None),
        Just(TotpMethod::Ask),
        vec(texts(), 0..4).prop_map(TotpMethod::Command),
        Just(TotpMethod::Stored)
    ]
}
