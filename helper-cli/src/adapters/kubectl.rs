//! Owns the `ExecCredential` objects of kubectl (client.authentication.k8s.io): one in a variable, one as output.

use cp_token_protocol::message::TokenResponse;
use cp_token_protocol::{ErrorCode, Failure, TargetUrl};
use serde::Deserialize;

use crate::terminal::date::rfc3339;

const GROUP: &str = "client.authentication.k8s.io/";
const KIND: &str = "ExecCredential";

/// The version that is spoken if nobody asks for one.
const DEFAULT_VERSION: &str = "v1";
const VERSIONS: [&str; 2] = [DEFAULT_VERSION, "v1beta1"];

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct KubectlQuestion {
    /// The server that is to get the token, if the kubeconfig says `provideClusterInfo`.
    pub(crate) server: Option<TargetUrl>,
    /// Whether a person may be asked something.
    pub(crate) is_interactive: bool,
    version: &'static str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecInfo {
    api_version: String,
    kind: String,
    /// Required: the cluster is in it.
    spec: Spec,
}

#[derive(Deserialize)]
struct Spec {
    cluster: Option<Cluster>,
    interactive: Option<bool>,
}

#[derive(Deserialize)]
struct Cluster {
    server: String,
}

/// Parses `KUBERNETES_EXEC_INFO`, which old clients do not set. Fails with [`ErrorCode::BAD_INPUT`], or with
/// [`ErrorCode::UNKNOWN_URL`] if no profile can have such a server.
pub(crate) fn question(info: Option<&str>) -> Result<KubectlQuestion, Failure> {
    let Some(info) = info else {
        return Ok(KubectlQuestion { server: None, is_interactive: true, version: DEFAULT_VERSION });
    };
    if info.len() > super::INPUT_LIMIT {
        return Err(super::malformed("KUBERNETES_EXEC_INFO is longer than 64 KiB"));
    }
    let info: ExecInfo = serde_json::from_str(info)
        .map_err(|_| super::malformed("KUBERNETES_EXEC_INFO holds no ExecCredential"))?;
    Ok(KubectlQuestion {
        version: version(&info)?,
        server: info.spec.cluster.map(|cluster| server(&cluster)).transpose()?,
        is_interactive: info.spec.interactive.unwrap_or(true),
    })
}

fn version(info: &ExecInfo) -> Result<&'static str, Failure> {
    let named = info.api_version.strip_prefix(GROUP).filter(|_| info.kind == KIND);
    let known = VERSIONS.into_iter().find(|version| named == Some(version));
    known.ok_or_else(|| {
        Failure::new(ErrorCode::BAD_INPUT, "KUBERNETES_EXEC_INFO is no ExecCredential of v1 or v1beta1")
            .with_hint(
                "let the kubeconfig say apiVersion: client.authentication.k8s.io/v1 for the command cp-token",
            )
    })
}

fn server(cluster: &Cluster) -> Result<TargetUrl, Failure> {
    TargetUrl::parse(&cluster.server).ok_or_else(|| {
        Failure::new(ErrorCode::UNKNOWN_URL, "the cluster's server is no URL that a profile answers for")
            .with_hint("it has to be https and the exact address of a profile; see: cp-token profile list")
    })
}

/// The credential, in the requested version. [`ErrorCode::NOT_OUR_DAEMON`] if the token is not UTF-8.
pub(crate) fn answer(question: &KubectlQuestion, response: &TokenResponse) -> Result<Vec<u8>, Failure> {
    let token = std::str::from_utf8(response.access_token.expose())
        .map_err(|_| Failure::new(ErrorCode::NOT_OUR_DAEMON, "the daemon's token is no text"))?;
    super::json(&serde_json::json!({
        "apiVersion": format!("{GROUP}{}", question.version),
        "kind": KIND,
        "status": {"expirationTimestamp": rfc3339(response.expires_at), "token": token},
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::adapters::samples;

    fn info(version: &str, spec: &str) -> String {
        format!(
            r#"{{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/{version}","spec":{spec}}}"#
        )
    }

    #[test]
    fn the_servers_origin_is_taken_and_the_version_given_back() {
        let cluster = r#"{"cluster":{"server":"https://h.example:6443/k8s/c-1","insecure-skip-tls-verify":true,
            "certificate-authority-data":"QQ==","config":null},"interactive":false}"#;
        for version in ["v1", "v1beta1"] {
            let asked = question(Some(&info(version, cluster))).unwrap();
            assert_eq!(asked.server.as_ref().unwrap().origin, "https://h.example:6443");
            assert!(!asked.is_interactive);
            let text = String::from_utf8(answer(&asked, &samples::bearer()).unwrap()).unwrap();
            let expected = format!(
                "{{\"apiVersion\":\"client.authentication.k8s.io/{version}\",\"kind\":\"ExecCredential\",\
                 \"status\":{{\"expirationTimestamp\":\"2027-01-15T08:00:00Z\",\"token\":\"{}\"}}}}\n",
                samples::TOKEN
            );
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn without_a_cluster_or_without_the_variable_no_server_is_known() {
        for spec in ["{}", r#"{"interactive":true}"#, r#"{"cluster":null}"#] {
            assert_eq!(question(Some(&info("v1beta1", spec))).unwrap().server, None, "{spec}");
        }
        let by_hand = question(None).unwrap();
        assert_eq!((by_hand.server, by_hand.version), (None, "v1"));
    }

    #[test]
    fn h13_what_is_no_exec_credential_gets_no_answer() {
        let good = info("v1", "{}");
        for text in [
            String::new(),
            "null".to_owned(),
            "[]".to_owned(),
            "{}".to_owned(),
            info("v1alpha1", "{}"),
            info("v2", "{}"),
            info("v1", "[]"),
            info("v1", "null"),
            r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"}"#.to_owned(),
            info("v1", r#"{"cluster":{}}"#),
            info("v1", r#"{"cluster":{"server":1}}"#),
            info("v1", r#"{"cluster":{"server":"https://a","server":"https://b"}}"#),
            info("v1", r#"{"interactive":"yes"}"#),
            good.replace("ExecCredential", "Pod"),
            good.replace("client.authentication.k8s.io/", "evil.example/"),
            format!("{good} {good}"),
            format!("{good}{}", " ".repeat(70_000)),
        ] {
            assert_eq!(question(Some(&text)).unwrap_err().code, ErrorCode::BAD_INPUT, "{text:.80}");
        }
        for server in ["", "h.example", "https://u@h.example", "https://h.example\\\\@evil.example"] {
            let text = info("v1", &format!(r#"{{"cluster":{{"server":"{server}"}}}}"#));
            assert_eq!(question(Some(&text)).unwrap_err().code, ErrorCode::UNKNOWN_URL, "{server}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reading_fall_over(text in ".{0,200}", spec in r#"[{}\[\]",:a-z ]{0,40}"#) {
            let _ = question(Some(&text));
            let _ = question(Some(&info("v1", &spec)));
        }
    }
}
