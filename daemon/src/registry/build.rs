//! Owns the step from what a caller sent to a profile whose every field has passed its grammar. Pure.

use std::path::PathBuf;

use cp_token_protocol::message::{ProfileCreate, ProfileUpdate};

use super::error::RegistryError;
use crate::profile::proxy::ProxyUrl;
use crate::profile::request_url::RequestUrl;
use crate::profile::validate;
use crate::profile::{Network, Profile};

/// The profile that `create` describes; what it does not say of the way to its server is said in `common`.
pub(super) fn created(create: &ProfileCreate, common: &Network) -> Result<Profile, RegistryError> {
    let mut network = common.clone();
    let hosts = Some(&create.no_proxy).filter(|hosts| !hosts.is_empty());
    change_network(&mut network, create.ca_bundle.as_deref(), create.proxy.as_deref(), hosts)?;
    checked(Profile {
        name: create.name.clone(),
        url: RequestUrl::parse(&create.url, create.insecure_http)?,
        identity: create.identity.clone(),
        totp: create.totp.clone(),
        secret_source: create.secret_source.clone(),
        network,
        insecure_http: create.insecure_http,
        also_for: Vec::new(),
    })
}

/// The profile that `old` becomes by `update`.
pub(super) fn updated(old: &Profile, update: &ProfileUpdate) -> Result<Profile, RegistryError> {
    let mut new = old.clone();
    new.insecure_http = update.insecure_http.unwrap_or(old.insecure_http);
    let url = update.url.as_deref().unwrap_or(old.url.as_str());
    new.url = RequestUrl::parse(url, new.insecure_http)?;
    if let Some(identity) = &update.identity {
        new.identity = identity.clone();
    }
    if let Some(totp) = &update.totp {
        new.totp = totp.clone();
    }
    if let Some(location) = &update.secret_source {
        new.secret_source = location.clone();
    }
    let hosts = update.no_proxy.as_ref();
    change_network(&mut new.network, update.ca_bundle.as_deref(), update.proxy.as_deref(), hosts)?;
    new.also_for = origins(old, update, new.insecure_http)?;
    checked(new)
}

/// What is absent stays, and what is empty is taken away.
fn change_network(
    network: &mut Network,
    ca_bundle: Option<&str>,
    proxy: Option<&str>,
    no_proxy: Option<&Vec<String>>,
) -> Result<(), RegistryError> {
    match ca_bundle {
        None => {}
        Some("") => network.ca_bundle = None,
        Some(path) => network.ca_bundle = Some(bundle(path)?),
    }
    match proxy {
        None => {}
        Some("") => network.proxy = None,
        Some(address) => network.proxy = Some(ProxyUrl::parse(address)?),
    }
    if let Some(hosts) = no_proxy {
        network.no_proxy = hosts.clone();
    }
    Ok(())
}

fn checked(profile: Profile) -> Result<Profile, RegistryError> {
    validate::check_identity(&profile.identity)
        .and_then(|()| validate::check_secret_source(&profile.secret_source))
        .and_then(|()| validate::check_totp(&profile.totp, &profile.identity))
        .and_then(|()| validate::check_hosts(&profile.network.no_proxy))
        .map_err(RegistryError::Invalid)?;
    Ok(profile)
}

fn origins(old: &Profile, update: &ProfileUpdate, insecure: bool) -> Result<Vec<RequestUrl>, RegistryError> {
    let parse = |texts: &[String]| {
        let origins = texts.iter().map(|text| RequestUrl::parse(text, insecure));
        origins.collect::<Result<Vec<_>, _>>().map_err(RegistryError::Origin)
    };
    let (more, fewer) = (parse(&update.also_for)?, parse(&update.not_for)?);
    let mut origins = old.also_for.clone();
    origins.extend(more);
    origins.sort();
    origins.dedup();
    origins.retain(|origin| !fewer.contains(origin));
    Ok(origins)
}

fn bundle(path: &str) -> Result<PathBuf, RegistryError> {
    let path = PathBuf::from(path);
    if path.is_absolute() { Ok(path) } else { Err(RegistryError::RelativeBundle) }
}
