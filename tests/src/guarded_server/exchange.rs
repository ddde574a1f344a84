//! Owns one connection to the guarded server: one request, the answer behind the guard, the end.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::{ServerConnection, StreamOwned};

use super::{Content, Freshness, Presented, Seen, Shared};

/// A safety net, and no measure.
const TIMEOUT: Duration = Duration::from_secs(60);

struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Serves one request and closes.
pub(super) fn hold(shared: &Shared, stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(TIMEOUT))?;
    let Some(tls) = &shared.tls else { return answer(shared, BufReader::new(stream)) };
    let connection = ServerConnection::new(Arc::clone(tls)).map_err(io::Error::other)?;
    answer(shared, BufReader::new(StreamOwned::new(connection, stream)))
}

fn answer<S: Read + Write>(shared: &Shared, mut stream: BufReader<S>) -> io::Result<()> {
    let request = read(&mut stream)?;
    let presented = presented(&request);
    let welcome = shared.welcomes(&presented);
    let reply = match &shared.content {
        _ if !welcome => refusal(shared.demand),
        Content::Repositories(folder) => backend(folder, &request)?,
        Content::Answers(answers) => prepared(answers, &request),
    };
    let status = reply[9..12].iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    shared.state().seen.push(Seen { path: request.path, presented, status });
    let stream = stream.get_mut();
    stream.write_all(&reply)?;
    stream.flush()
}

fn refusal(demand: Freshness) -> Vec<u8> {
    let challenge = match demand {
        Freshness::Bearer => "WWW-Authenticate: Bearer realm=\"git\"\r\n",
        Freshness::Basic => "WWW-Authenticate: Basic realm=\"git, Bearer\"\r\n",
        Freshness::Either => "WWW-Authenticate: Basic realm=\"git\", Bearer realm=\"git\"\r\n",
        Freshness::BearerUnsaid => "",
    };
    let head = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n";
    format!("{head}{challenge}\r\n").into_bytes()
}

fn read(stream: &mut impl BufRead) -> io::Result<Request> {
    let first = line(stream)?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = Vec::new();
    loop {
        let line = line(stream)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let mut request = Request { method, path, query, headers, body: Vec::new() };
    request.body = body(stream, &request)?;
    Ok(request)
}

fn line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    stream.take(65536).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

fn body(stream: &mut impl BufRead, request: &Request) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if request.header("transfer-encoding") == "chunked" {
        loop {
            let length = u64::from_str_radix(&line(stream)?, 16).map_err(io::Error::other)?;
            stream.take(length).read_to_end(&mut body)?;
            line(stream)?;
            if length == 0 {
                return Ok(body);
            }
        }
    }
    let length = request.header("content-length").parse().unwrap_or(0);
    stream.take(length).read_to_end(&mut body)?;
    Ok(body)
}

impl Request {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

fn presented(request: &Request) -> Presented {
    let value = request.header("authorization");
    let pair = |text: &str| {
        let pair = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
        pair.split_once(':').map(|(name, password)| Presented::Basic(name.to_owned(), password.to_owned()))
    };
    match value.split_once(' ') {
        _ if value.is_empty() => Presented::Nothing,
        Some(("Bearer", token)) => Presented::Bearer(token.to_owned()),
        Some(("Basic", text)) => pair(text).unwrap_or(Presented::Unreadable),
        _ => Presented::Unreadable,
    }
}

fn prepared(answers: &[(&str, &str, &str)], request: &Request) -> Vec<u8> {
    let found = answers.iter().find(|(end, _, _)| request.path.ends_with(end));
    let (status, kind, body) =
        found.map_or(("404 Not Found", "text/plain", ""), |(_, kind, body)| ("200 OK", kind, body));
    let length = if request.method == "HEAD" { "" } else { body };
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", length.len());
    format!("{head}Connection: close\r\n\r\n{length}").into_bytes()
}

/// What git's CGI program answers.
fn backend(folder: &Path, request: &Request) -> io::Result<Vec<u8>> {
    let mut command = Command::new("git");
    command.arg("http-backend").env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("GIT_PROJECT_ROOT", folder).env("GIT_HTTP_EXPORT_ALL", "1").env("REMOTE_USER", "somebody");
    // The folder may be somebody else's where the tests change users.
    command
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "safe.directory")
        .env("GIT_CONFIG_VALUE_0", "*");
    for (name, value) in [
        ("PATH_INFO", request.path.as_str()),
        ("QUERY_STRING", &request.query),
        ("REQUEST_METHOD", &request.method),
        ("CONTENT_TYPE", request.header("content-type")),
        ("CONTENT_LENGTH", &request.body.len().to_string()),
        ("HTTP_CONTENT_ENCODING", request.header("content-encoding")),
        ("GIT_PROTOCOL", request.header("git-protocol")),
        ("REMOTE_ADDR", "127.0.0.1"),
    ] {
        command.env(name, value);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut input = child.stdin.take().ok_or_else(|| io::Error::other("no pipe"))?;
    let output = std::thread::scope(|scope| {
        scope.spawn(move || input.write_all(&request.body));
        child.wait_with_output()
    })?;
    Ok(http(&output.stdout))
}

/// A CGI answer as one of HTTP.
fn http(cgi: &[u8]) -> Vec<u8> {
    let end = cgi.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(0);
    let (head, body) = cgi.split_at(end);
    let head = String::from_utf8_lossy(head);
    let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    let body = body.get(4..).unwrap_or_default();
    let length = format!("Content-Length: {}\r\nConnection: close\r\n", body.len());
    [format!("HTTP/1.1 {status}\r\n{head}\r\n{length}\r\n").as_bytes(), body].concat()
}
