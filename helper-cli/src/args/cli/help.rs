//! Owns the longer texts of `--help`. Short ones stand beside their options. Lines that are indented stay as they are,
//! so they are no longer than 78 characters; all others flow.

mod adapters;

pub(super) use adapters::{BAZEL, DOCKER, GIT_CREDENTIAL, KUBECTL};

pub(super) const ABOUT: &str = "\
Prints a valid CrashPlan access token.

The daemon cp-tokend holds the secret of each API client and a live token for it, requests a new one in time, and
starts by itself when it is needed. cp-token prints that token: on success one line on standard output and nothing
else; on failure nothing there, one line on standard error, and an exit code.";

pub(super) const AFTER: &str = r#"Examples:
  Create a profile once (the secret is asked for, and kept in the keyring):
    cp-token profile create prod --client-id key-1234 \
        --url https://console.us2.crashplan.com
  Then, in every script:
    curl -H "Authorization: Bearer $(cp-token)" \
        "https://console.us2.crashplan.com/api/v3/users?active=true"
  The same without the token in curl's arguments:
    cp-token curl -- "/api/v3/users?active=true"
  In a job of the night, which an outage of ten minutes must not end:
    cp-token --retry
  For a job of five minutes:
    cp-token --min-validity 5m
  After the API answered 401 to a token:
    printf '%s' "$token" | cp-token --rejected
  As variables of a shell and its children (-f env:fish, -f env:powershell):
    eval "$(cp-token -f env)"

Exit codes:
   0  success
  64  usage: bad arguments, unknown profile, several profiles and no default
  65  data: standard input is malformed
  69  unavailable: no daemon and none can be started (is its folder missing?), or no secret to be had
  70  internal: a bug
  74  i/o: the output, the config or the state could not be written
  75  try again: server unreachable or busy, timeout, cooling down
  76  protocol: helper and daemon share no version, or it is not our daemon
  77  refused: the server refused the secret, password or code, or a proxy its
      password; a code is needed; cp-tokend is locked, or the passphrase wrong
  78  config: no profile at all, config file broken, URL not https

Variables:
  CP_TOKEN_PROFILE      the profile where -p is not given
  CP_TOKEN_RETRY        1 stands for --retry wherever a token is asked for,
                        by other programs too
  CP_TOKEN_ASKPASS      a program that is asked for a one-time code where there
                        is no terminal; else SSH_ASKPASS
  CP_TOKEN_SOCKET       the socket of the daemon, instead of the place below
  CP_TOKEN_CONFIG_DIR   the config folder, instead of the place below
  CP_TOKEN_STATE_DIR    the state folder, instead of the place below
  CP_TOKEN_LOG          what a daemon that is started logs (info)
  A daemon that is started sees the last four, the XDG folders, the session bus,
  PATH, HOME, user and locale; and, for programs that print a secret, GNUPGHOME,
  PASSWORD_STORE_DIR, CREDENTIALS_DIRECTORY and the display. Nothing else of the
  environment reaches it.

Files:
  $XDG_CONFIG_HOME/cp-token/config.toml  profiles, to be edited by hand too
  $XDG_STATE_HOME/cp-token/              dates, and daemon.log; no secret
  $XDG_RUNTIME_DIR/cp-token/daemon.sock  the socket; without that variable
                                         run/daemon.sock in the state folder"#;

pub(super) const GET: &str = "\
--format json prints, on one line, access_token, token_type (Bearer), expires_in (seconds),
expires_at (RFC 3339, UTC), profile and url. Every expiry is already less a safety margin.";

pub(super) const PROFILE: &str = "\
A profile is one API client or one user at one request URL. The first one becomes the default.
Secrets are asked for without echo or read from standard input; they are never arguments.";

pub(super) const DAEMON: &str = "\
The daemon starts by itself when a token is asked for, so this is seldom needed.

restart is for a new version of the program. The daemon first tries the file that is now at its own path in a child
process, waits until no token request is under way, and goes on as that program: in the same process, with its
socket, tokens, secrets and lock, in memory alone. Callers wait for a moment, no token is requested again, and a
container or a supervisor notices nothing. If that fails, the daemon goes on as before, and the exit code is 69, or 75
if work under way takes too long. SIGUSR2 does the same. To restart from scratch, without the secrets that only memory
holds: stop, then start; stop asks first, and needs --yes if nobody can be asked. On macOS and Windows restart is a
stop and a start, refused if only memory holds a secret.";

pub(super) const SERVICE: &str = "\
For this user alone: two units of systemd --user (a socket, and the daemon, which starts with the first caller), an
agent of launchd, or a task at logon. Without a service the daemon starts by itself and ends with the session's
processes; with one it is restarted after a crash, watched (systemd), and starts with the session.

install writes the files and enables them; if all is done already, it changes nothing. A running daemon is stopped
first. --force is needed if that would lose a secret that only its memory holds, and to replace a file that somebody
has edited: put changes of yours into a drop-in, which survives. Units of a package are enabled as they are. For jobs
without a session: loginctl enable-linger.

status starts no daemon. Its exit code is 0 if the service is installed, enabled, at work, and reached from this
shell; else 69, as without a service manager.

--json prints, on one line, manager (systemd, launchd or task), installed, files (path, state: current, older,
edited or package), enabled, active, pid (or null), daemon_version (or null), helper_version, skew, socket (or
null) and reached_from_here";

pub(super) const STATUS: &str = "\
Starts no daemon; if none runs, the exit code is 69.

--json prints, on one line, version, protocol, pid, uptime (seconds), socket, config_file, config_problem (text or
null), keyring (untried, working, unavailable, locked, denied or timed_out), locked, locks_on_suspend, protections
(name, state: on, off or unsupported, detail) and profiles, the array of cp-token profile list --json, which is empty
while it is locked. docs/schema of the source has a JSON Schema for each --json.";

pub(super) const DOCTOR: &str = "\
One line for each check: ok, warn or FAIL, what was checked, what was found, and how to fix it behind an arrow. The
exit code is 0 if none fails, else that of the first failure; warnings change nothing. A daemon is started if none
runs, and reads its config file again, as each command does that a live token does not answer. No token is requested,
and no secret is sent but a proxy's password to that proxy: a server is asked for the head of a page. A secret command
is run.

Checks, in this order: socket, daemon, version; lock, protections, config, state, keyring (a trial item is written,
read back and removed), limits (of processor time), profiles; for each profile kind, http, secret, codes, name,
server, clock, token; shell (variables that choose another profile, or another proxy or roots than the daemon's).
Checks that do not apply, or that depend on a failed check, are skipped. While cp-tokend is locked, no profile is
checked.

--json prints, on one line, ok (true if nothing fails), exit (the exit code) and checks, an array in the order above
with for each: profile (or null), check (the word above), severity (ok, warning or error), code (the name of the
failure that a token would fail with, or null), message and fix (sentences; fix may be empty)";

pub(super) const LOG: &str = "\
Each line: when (UTC), which profile, which operation, its outcome, and who asked: the number and name of the process
that ran cp-token, then those of cp-token itself; cp-tokend stands for what the daemon did by itself. Newest last. The
names are those that the kernel has at the time, and any program of yours can give itself any name. No token and no
secret is in it. The daemon keeps a thousand entries in memory until it ends. Starts no daemon; if none runs, the exit
code is 69. On a narrow terminal the helper, the date and parts of long words are left out; at a pipe everything is
whole.

Operations: get, get-rejected, get-fresh, forget, profile-create, profile-update, profile-reset-secret,
profile-delete, profile-use, reload, stop, restart, lock, arm-suspend-lock, unlock, disarm-suspend-lock, doctor;
token-request (the daemon asks the server, for whoever waits) and renewal (it asks ahead of time).

Outcomes: served (a token that was there), issued (a new one), waited (one that was on its way), done, abandoned (the
caller did not wait), or the name of a failure.

--json prints, on one line, an array with for each: number (counts from the daemon's start), time (RFC 3339 in UTC),
profile (or null), operation, outcome (served, issued, waited, done, abandoned or failed), code (the failure's name,
or null), uid, pid and program (of the process that ran cp-token), helper_pid and helper_program (empty if the kernel
says who started cp-token without a look at its process). These five are null for the daemon's own operations; pid and
program are also null if the parent is unknown";

pub(super) const FORGET: &str = "\
No secret is touched: the next call fetches a new token. To remove a secret, delete its profile.";

pub(super) const LOCK: &str = "\
Until cp-token unlock, every command but status, unlock and daemon stop is refused with exit code 77. Tokens, secrets
and token requests under way are erased from the daemon's memory immediately. Secrets in the keyring stay there and
are read again afterwards; those of --secret-source memory are kept, in memory alone, sealed under the passphrase. It
is asked for twice without echo.

A lost passphrase cannot be recovered. The lock ends with cp-token daemon stop, which loses what only memory held; a
restart keeps it. It does not lock the keyring.

--on-suspend asks for the passphrase now, and locks whenever systemd-logind says that the machine is about to sleep,
until --no-on-suspend or the daemon's end, each time with the passphrase that was given last. If no logind answers,
the exit code is 69.";

pub(super) const UNLOCK: &str = "\
After the third wrong passphrase the next one is checked a second later, and each further one costs twice as much, up
to a minute, whoever tries. One that comes too early waits for the end of that pause; if eight wait already, it is
refused immediately with exit code 75.";

pub(super) const COMPLETIONS: &str = "\
To be loaded when the shell starts, so that it fits the cp-token that is installed:

  in ~/.bashrc:                    source <(cp-token completions bash)
  in ~/.zshrc, after compinit:     source <(cp-token completions zsh)
  in ~/.config/fish/config.fish:   cp-token completions fish | source
  in $PROFILE:
    cp-token completions powershell | Out-String | Invoke-Expression

Names of profiles come from the daemon, which is started for it if none runs.";

pub(super) const MANUAL: &str = "\
Where the pages are installed, man cp-token-get shows one. Where they are not:

  cp-token manual cp-token-get | man -l -";

pub(super) const CREATE_USAGE: &str = "\
cp-token profile create [OPTIONS] <NAME>
       <--client-id <ID>|--username <USER>>";

pub(super) const CREATE: &str = "\
The secret is verified with one token request before anything is stored; if the server refuses it, nothing is. In the
console: Administration > Integrations > API Clients.

  cp-token profile create prod --client-id key-1234 \\
      --url https://console.us2.crashplan.com
  cp-token profile create prod --url … --client-id … \\
      --secret-command 'pass show crashplan'
  cp-token profile create jo --url … --username jo@example.com --totp ask
  pass show crashplan |
      cp-token profile create prod --url … --client-id … --secret-stdin
  cp-token profile create prod --url … --client-id … \\
      --proxy http://jo@proxy.example:3128

HTTPS_PROXY, ALL_PROXY, NO_PROXY and SSL_CERT_FILE of the shell are never used by themselves; at a terminal, create
offers to keep them in the profile.";

pub(super) const IMPORT: &str = "\
Profiles are read from ~/.crashplancli/config.cfg and ~/.code42cli/config.cfg, their secrets from the keyring, or else
from the plain file that those programs use without a keyring. Each secret is verified with one token request. One
that fails does not stop the others; the exit code is that of the first failure. A profile that exists is left as it
is.

--json prints, on one line, an array with for each: profile (its name here), from (crashplancli or code42cli),
original_name, outcome (imported, would_be_imported, exists or failed), code (the failure's name, or null) and
messages (the lines that are printed otherwise).

  cp-token profile import --dry-run
  cp-token profile import --from crashplancli";

pub(super) const UPDATE: &str = "\
The outcome is verified with one token request before anything is stored.

  cp-token profile update prod --url https://console.us1.crashplan.com
  cp-token profile update prod --also-for https://gateway.example
  cp-token profile update prod --proxy http://jo@proxy.example:3128 \\
      --no-proxy localhost,10.0.0.0/8
  cp-token profile update prod --ca-bundle ''
  cp-token profile update jo --totp stored";

pub(super) const RESET_SECRET: &str = "\
In the console: Administration > Integrations > API Clients, the client, Reset API secret. The old secret stays until
the new one has worked once. A secret that a program, a file or a credential holds is read again.";

pub(super) const LIST: &str = "\
The default is marked with *. SECRET is where the secret is stored. TOKEN is what is left of a live token, or why there
is none, and since when the server refuses the secret. A terminal shows URLs without https://; on a narrow one columns
are left out and texts are shortened. At a pipe everything is whole.

--json prints, on one line, an array with for each profile: name, kind (api-client, user or basic), url, client_id or
username (the other is null), totp (none, ask, command or stored), secret_source, secret_source_detail (the command,
file or credential, or null), ca_bundle, proxy, no_proxy, insecure_http, also_for, default, created and last_token_at
(RFC 3339 in UTC, or null), token: {\"state\": absent, live, requesting or cooling_down, \"expires_in\": seconds if
live, \"retry_in\": seconds if cooling_down} and secret: {\"state\": ok or refused, \"since\": RFC 3339 or null}.";

pub(super) const CURL: &str = "\
The real curl of your PATH, with its output, its exit code and its config files. The token goes to it through a pipe,
never in an argument, the environment or a file; -v shows [token] in its place.

  cp-token curl -- '/api/v3/users?active=true'
  cp-token curl -p audit -- -sS -o users.json \\
      https://console.us2.crashplan.com/api/v3/users

A path, which begins with /, is resolved against the profile's URL. Every other URL must be of a host that the profile
answers for (its own, or added with: cp-token profile update NAME --also-for ORIGIN), also behind --url and --next, in
--config and in .curlrc; else nothing is sent. A redirect that is followed (-L) to another host, port or scheme goes
without the token.

Refused, with exit code 64: options that would send the token elsewhere (--location-trusted, a Host header), write it
down (--trace, --libcurl), or take its protection away (--insecure, TLS before 1.2); another credential (--user,
--netrc, an Authorization header); --variable and --expand-...; options that this cp-token does not know, and
shortened ones. -q as the first of curl's options leaves .curlrc out.

--retry-rejected takes one URL, and neither standard input nor -O, -C or --no-clobber. The first answer is kept back
until its status is known; a second 401 is shown as it is.

Exit code: curl's own; 69 if there is no curl; else as of: cp-token get.";

pub(super) const EXEC: &str = "\
CP_TOKEN and CP_TOKEN_URL are in the environment of:
  cp-token exec -- python3 report.py

CP_TOKEN_FILE and CP_TOKEN_URL are in the environment of:
  cp-token exec --file -- ./sync-all-night

Without --file the program replaces cp-token, so that its exit code, its signals and its terminal are its own. The
token is the one of this moment and is not renewed.

With --file, CP_TOKEN_FILE names a file that holds a valid token and nothing else, readable for you alone. It is
replaced whole before the token expires, so read it again for each request. A token that is reported as rejected, or
forgotten, stays until it is replaced, which begins within three seconds: whoever reports one takes the token that
--rejected prints. The file is gone while there is no token, and when the program ends. cp-token runs beside the
program, passes signals on and ends as the program ends. The file is in the runtime folder if that is in memory;
otherwise this is refused, with exit code 69.

In a program that was given a token, cp-token exec is refused: start it with env -u CP_TOKEN -u CP_TOKEN_FILE.

Exit code: the program's own; 127 if there is no such program and 126 if it cannot be run, as of env(1); else as of:
cp-token get.";
