//! Promises about certificates and transports. Every refusal stands beside a server that is accepted.

use std::net::TcpStream;
use std::time::Duration;

use cp_token_tests::certificates::ServerCertificate;
use cp_token_tests::fake_crashplan::{FakeCrashPlan, Setup, Transport};

use crate::curl::{Curl, ID, SECRET, stage};

/// What curl says of a certificate it does not believe.
const NOT_BELIEVED: Option<i32> = Some(60);

const TIMEOUT: Duration = Duration::from_secs(30);

#[test]
fn g05_only_the_good_certificate_is_believed() {
    let exit = |which| {
        let server =
            FakeCrashPlan::start_with(Setup { transport: Transport::Tls(which), ..Setup::default() });
        server.add_client(ID, SECRET);
        let reply = Curl::to(&server)?.token(ID, SECRET);
        // curl compares the host's name only after the handshake.
        let broken_off = ![ServerCertificate::Good, ServerCertificate::WrongHost].contains(&which);
        assert!(server.wait_for(TIMEOUT, |ledger| ledger.failed_handshakes() == usize::from(broken_off)));
        assert_eq!((server.connections(), server.token_requests()), (1, usize::from(reply.exit == Some(0))));
        Some(reply.exit)
    };
    let Some(good) = exit(ServerCertificate::Good) else { return };
    assert_eq!(good, Some(0));
    for which in [
        ServerCertificate::WrongHost,
        ServerCertificate::Expired,
        ServerCertificate::NotYetValid,
        ServerCertificate::SelfSigned,
        ServerCertificate::OtherAuthority,
    ] {
        assert_eq!(exit(which), Some(NOT_BELIEVED), "{which:?}");
    }
}

#[test]
fn the_good_certificate_is_good_for_the_address_too_and_for_tls_1_2() {
    let Some((server, curl)) = stage() else { return };
    let address = format!("https://127.0.0.1:{}/api/v3/users", server.port());
    assert_eq!(curl.run(&[address]).status, 401);
    assert_eq!(curl.run(&["--tls-max".into(), "1.2".into(), curl.address("/api/v3/users")]).status, 401);
}

#[test]
fn servers_with_one_authority_are_believed_by_one_client_and_others_are_not() {
    let Some((server, curl)) = stage() else { return };
    let sister =
        FakeCrashPlan::start_with(Setup { authority: server.authority().clone(), ..Setup::default() });
    let unknown = FakeCrashPlan::start();
    assert_eq!(curl.run(&[sister.url()]).exit, Some(0));
    assert_eq!(curl.run(&[unknown.url()]).exit, NOT_BELIEVED);
}

#[test]
fn without_tls_the_same_server_speaks_plain_http() {
    let server = FakeCrashPlan::start_with(Setup { transport: Transport::Plain, ..Setup::default() });
    server.add_client(ID, SECRET);
    let Some(curl) = Curl::to(&server) else { return };
    assert!(server.url().starts_with("http://localhost:"));
    assert_eq!(curl.token(ID, SECRET).status, 200);
}

#[test]
fn a_dropped_server_is_gone_and_its_port_can_be_taken_again() {
    // Another test may be given the port in between, but not time and again.
    let taken_again = (0..8).any(|_| {
        let server = FakeCrashPlan::start();
        let (port, authority) = (server.port(), server.authority().clone());
        assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
        drop(server);
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return false;
        }
        let again = FakeCrashPlan::start_with(Setup { port, authority, ..Setup::default() });
        TcpStream::connect(("127.0.0.1", again.port())).is_ok()
    });
    assert!(taken_again);
}
