//! Owns what a bundle may be, and how each that may not is told apart.

use std::path::Path;

use super::*;

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cp-token-roots-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn authority() -> String {
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem()
}

fn flaw(path: &Path) -> CaBundleFlaw {
    match bundle(path) {
        Err(TokenRequestError::CaBundle { path: named, flaw }) => {
            assert_eq!(named, path);
            flaw
        }
        other => panic!("{path:?} was taken: {other:?}"),
    }
}

#[test]
fn a_bundle_is_taken_whole_with_comments_and_several_authorities() {
    let folder = Folder::new("good");
    let text = format!("# ours\n{}\nsome words\n{}", authority(), authority());
    assert_eq!(bundle(&folder.file("ca.pem", &text)).unwrap().roots.len(), 2);
}

#[test]
fn byte_order_marks_and_utf_16_do_not_hide_a_certificate() {
    let text = format!("\u{feff}{}\u{feff}{}", authority(), authority());
    let units: Vec<u16> = text.encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    for text in [text.into_bytes(), little, big] {
        assert_eq!(Bundle::parse(&text).unwrap().roots.len(), 2);
    }
}

#[test]
fn only_an_authority_signs_for_others() {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, KeyUsagePurpose};

    let made = |is_ca, usages: &[KeyUsagePurpose]| {
        let mut parameters = CertificateParams::new(vec!["crashplan.example".to_owned()]).unwrap();
        (parameters.is_ca, parameters.key_usages) = (is_ca, usages.to_vec());
        let bundle = parameters.self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
        Bundle::parse(bundle.as_bytes()).unwrap()
    };
    let authority = || IsCa::Ca(BasicConstraints::Unconstrained);
    let (signs, serves) = (KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature);
    for (bundle, roots) in [
        (made(authority(), &[]), 1),
        (made(authority(), &[signs]), 1),
        (made(authority(), &[serves]), 0),
        (made(IsCa::ExplicitNoCa, &[]), 0),
        (made(IsCa::NoCa, &[]), 0),
        (made(IsCa::NoCa, &[serves]), 0),
    ] {
        assert_eq!((bundle.roots.len(), bundle.certificates.len()), (roots, 1), "{bundle:?}");
    }
}

#[test]
fn each_bundle_that_cannot_be_used_says_why() {
    let folder = Folder::new("bad");
    let body = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let half = authority().replace("-----END CERTIFICATE-----", "");
    for (path, expected) in [
        (folder.0.join("missing.pem"), CaBundleFlaw::Absent),
        (folder.0.clone(), CaBundleFlaw::WrongKind),
        (PathBuf::from("/dev/zero"), CaBundleFlaw::WrongKind),
        (folder.file("long.pem", &" ".repeat(MAX_BUNDLE_SIZE as usize + 1)), CaBundleFlaw::TooLarge),
        (folder.file("empty.pem", ""), CaBundleFlaw::Empty),
        (folder.file("words.pem", "not a certificate"), CaBundleFlaw::Empty),
        (folder.file("broken.pem", body), CaBundleFlaw::Broken),
        (folder.file("half.pem", &half), CaBundleFlaw::Broken),
        (folder.file("one-good.pem", &format!("{}{body}", authority())), CaBundleFlaw::Broken),
    ] {
        assert_eq!(flaw(&path), expected, "{path:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_no_bundle_and_nobody_waits_for_its_writer() {
    let folder = Folder::new("pipe");
    let path = folder.0.join("pipe.pem");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    assert_eq!(flaw(&path), CaBundleFlaw::WrongKind);
}

#[cfg(target_os = "linux")]
#[test]
fn the_first_system_bundle_that_holds_any_root_counts() {
    let folder = Folder::new("system");
    let missing = folder.0.join("missing.pem");
    let empty = folder.file("empty.pem", "");
    let one = folder.file("one.pem", &authority());
    let two = folder.file("two.pem", &format!("{}{}", authority(), authority()));
    let paths = [&missing, &empty, &one, &two].map(|path| path.to_str().unwrap());
    assert_eq!(system_roots(&paths).unwrap().len(), 1);
    let refusal = system_roots(&paths[..2]).unwrap_err();
    assert_eq!(refusal, TokenRequestError::Untrusted(CertificateFlaw::NoRoots));
}
