//! Owns the step from a request of a caller to a profile whose every field is valid. Pure.

use std::path::Path;

use cp_token_protocol::Failure;
use cp_token_protocol::message::{ProfileCreate, ProfileUpdate};

use super::failure;
use crate::profile::request_url::RequestUrl;
use crate::profile::validate;
use crate::profile::{Network, Profile};

/// The profile that `create` describes; the proxy and CA settings that it does not give are those of `common`.
pub(super) fn created(create: &ProfileCreate, common: &Network) -> Result<Profile, Failure> {
    let hosts = Some(create.no_proxy.as_slice()).filter(|hosts| !hosts.is_empty());
    checked(Profile {
        name: create.name.clone(),
        url: RequestUrl::parse(&create.url, create.insecure_http).map_err(failure::request_url)?,
        identity: create.identity.clone(),
        totp: create.totp.clone(),
        secret_source: create.secret_source.clone(),
        network: common
            .with(create.ca_bundle.as_deref().map(Path::new), create.proxy.as_deref(), hosts)
            .map_err(failure::network)?,
        insecure_http: create.insecure_http,
        also_for: Vec::new(),
    })
}

pub(super) fn updated(old: &Profile, update: &ProfileUpdate) -> Result<Profile, Failure> {
    let insecure_http = update.insecure_http.unwrap_or(old.insecure_http);
    let bundle = update.ca_bundle.as_deref().map(Path::new);
    checked(Profile {
        name: old.name.clone(),
        url: RequestUrl::parse(update.url.as_deref().unwrap_or(old.url.as_str()), insecure_http)
            .map_err(failure::request_url)?,
        identity: update.identity.as_ref().unwrap_or(&old.identity).clone(),
        totp: update.totp.as_ref().unwrap_or(&old.totp).clone(),
        secret_source: update.secret_source.as_ref().unwrap_or(&old.secret_source).clone(),
        network: old
            .network
            .with(bundle, update.proxy.as_deref(), update.no_proxy.as_deref())
            .map_err(failure::network)?,
        insecure_http,
        also_for: origins(old, update, insecure_http)?,
    })
}

fn checked(profile: Profile) -> Result<Profile, Failure> {
    validate::check_identity(&profile.identity)
        .and_then(|()| validate::check_secret_source(&profile.secret_source))
        .and_then(|()| validate::check_totp(&profile.totp, &profile.identity))
        .map_err(failure::invalid)?;
    Ok(profile)
}

fn origins(old: &Profile, update: &ProfileUpdate, insecure: bool) -> Result<Vec<RequestUrl>, Failure> {
    let parse = |texts: &[String]| {
        let origins = texts.iter().map(|text| RequestUrl::parse(text, insecure));
        origins.collect::<Result<Vec<_>, _>>().map_err(failure::origin)
    };
    let (more, fewer) = (parse(&update.also_for)?, parse(&update.not_for)?);
    let mut origins = old.also_for.clone();
    origins.extend(more);
    origins.sort();
    origins.dedup();
    origins.retain(|origin| !fewer.contains(origin));
    Ok(origins)
}
