//! Owns the keys that say how a server is reached, at the top of the config file and in a profile's table. Pure.

use std::path::PathBuf;

use crate::profile::Network;
use crate::profile::proxy::ProxyUrl;
use crate::profile::validate;

use super::Problem;

/// The keys as they are written.
#[derive(Debug)]
pub(super) struct RawNetwork {
    pub(super) ca_bundle: Option<PathBuf>,
    pub(super) proxy: Option<String>,
    pub(super) no_proxy: Option<Vec<String>>,
}

impl RawNetwork {
    /// The way that the keys describe; a key that is missing is taken from `common`, and an empty one takes away
    /// what `common` has.
    pub(super) fn over(self, common: &Network) -> Result<Network, Problem> {
        Ok(Network {
            ca_bundle: self.ca_bundle.map_or_else(|| Ok(common.ca_bundle.clone()), bundle)?,
            proxy: self.proxy.map_or_else(|| Ok(common.proxy.clone()), |address| proxy(&address))?,
            no_proxy: self.no_proxy.map_or_else(|| Ok(common.no_proxy.clone()), hosts)?,
        })
    }
}

fn bundle(path: PathBuf) -> Result<Option<PathBuf>, Problem> {
    if path.as_os_str().is_empty() {
        Ok(None)
    } else if path.is_absolute() {
        Ok(Some(path))
    } else {
        Err(Problem::at("ca_bundle", "ca_bundle must be an absolute path"))
    }
}

fn proxy(address: &str) -> Result<Option<ProxyUrl>, Problem> {
    if address.is_empty() {
        return Ok(None);
    }
    ProxyUrl::parse(address).map(Some).map_err(|error| Problem::at("proxy", error.to_string()))
}

fn hosts(hosts: Vec<String>) -> Result<Vec<String>, Problem> {
    validate::check_hosts(&hosts).map_err(|clause| Problem::at("no_proxy", clause))?;
    Ok(hosts)
}
