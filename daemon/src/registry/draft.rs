//! Owns the step from what a caller sent to a profile whose every field has passed its grammar. Pure.

use std::path::PathBuf;

use cp_token_protocol::message::{Identity, ProfileCreate, ProfileUpdate};

use super::error::RegistryError;
use crate::config::check_client_id;
use crate::profile::Profile;
use crate::request_url::RequestUrl;

/// The profile that `create` describes.
pub(super) fn created(create: &ProfileCreate) -> Result<Profile, RegistryError> {
    check_identity(&create.identity)?;
    Ok(Profile {
        name: create.name.clone(),
        url: RequestUrl::parse(&create.url, create.insecure_http)?,
        identity: create.identity.clone(),
        secret_source: create.secret_source,
        ca_bundle: create.ca_bundle.as_deref().map(bundle).transpose()?,
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
        check_identity(identity)?;
        new.identity = identity.clone();
    }
    if let Some(source) = update.secret_source {
        new.secret_source = source;
    }
    match update.ca_bundle.as_deref() {
        None => {}
        Some("") => new.ca_bundle = None,
        Some(path) => new.ca_bundle = Some(bundle(path)?),
    }
    new.also_for = origins(old, update, new.insecure_http)?;
    Ok(new)
}

fn origins(old: &Profile, update: &ProfileUpdate, insecure: bool) -> Result<Vec<RequestUrl>, RegistryError> {
    let parse = |texts: &[String]| {
        texts.iter().map(|text| RequestUrl::parse(text, insecure)).collect::<Result<Vec<_>, _>>()
    };
    let (more, fewer) = (parse(&update.also_for)?, parse(&update.not_for)?);
    let mut origins = old.also_for.clone();
    origins.extend(more);
    origins.sort();
    origins.dedup();
    origins.retain(|origin| !fewer.contains(origin));
    Ok(origins)
}

fn check_identity(identity: &Identity) -> Result<(), RegistryError> {
    let Identity::ApiClient(client_id) = identity;
    check_client_id(client_id).map_err(RegistryError::ClientId)
}

fn bundle(path: &str) -> Result<PathBuf, RegistryError> {
    let path = PathBuf::from(path);
    if path.is_absolute() { Ok(path) } else { Err(RegistryError::RelativeBundle) }
}
