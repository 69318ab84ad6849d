//! A stack, its callers, and requests that no typed call could make.

use elkit::body::Body;
use elkit::{Elasticsearch, Error, Kibana, Method, RequestOptions, StatusCode};
use elkit_stack::Stack;
use elkit_tests::samples::RawRequest;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::cases::{self, Case};

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
    /// A media type and what is sent for the body.
    pub(crate) text: Option<(&'static str, &'static str)>,
    /// The parts of a form that are files; it is one where there are any.
    pub(crate) files: Vec<String>,
    /// Whether files are sent as texts.
    pub(crate) no_file: bool,
}

impl Raw {
    fn new(request: &str, body: Value) -> Self {
        let (method, uri) = request.split_once(' ').unwrap();
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let query = query.split('&').filter_map(|pair| pair.split_once('='));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            headers: Vec::new(),
            body: Some(body).filter(|body| !body.is_null()),
            text: None,
            files: Vec::new(),
            no_file: false,
        }
    }

    pub(crate) fn sampled(raw: RawRequest) -> Self {
        let RawRequest { method, path, query, body } = raw;
        Self { method, path, query, headers: Vec::new(), body, text: None, files: Vec::new(), no_file: false }
    }
}

pub(crate) struct Bench {
    stack: Stack,
    kibana: Kibana,
    nobody: Kibana,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let stack = Stack::start().await.unwrap();
        let (elastic, password) = ("elastic", stack.elastic_password());
        let build = |user, password| Kibana::builder(stack.kibana_url()).basic_auth(user, password).build().unwrap();
        let (kibana, nobody) = (build(elastic, password), build("nobody", "no-rights"));
        let elasticsearch = Elasticsearch::builder(stack.elasticsearch_url()).basic_auth(elastic, password).build();
        let user = json!({ "password": "no-rights", "roles": [] });
        let made = elasticsearch.unwrap().request(Method::PUT, "/_security/user/nobody").json(&user);
        made.send::<Value>().await.unwrap();
        Self { kibana, nobody, stack }
    }

    /// Makes the state and puts its names into a case.
    pub(crate) async fn prepared(&self, case: Case) -> Raw {
        let mut names: Vec<(&str, String)> = Vec::new();
        // Of another case's state, these would be in the way.
        for request in
            ["DELETE /api/short_url/_all", "DELETE /api/alerting/rule/new", "DELETE /api/actions/connector/new"]
        {
            let _ = send(&self.kibana, &Raw::new(request, Value::Null)).await;
        }
        for (request, body, wanted) in cases::state() {
            let raw =
                Raw::new(&filled(request, &names), serde_json::from_str(&filled(&body.to_string(), &names)).unwrap());
            // What is there already is no problem here.
            let Ok(answer) = send(&self.kibana, &raw).await else { continue };
            for (name, pointer) in wanted {
                let value =
                    answer.pointer(pointer).unwrap_or_else(|| panic!("{request} answers no {pointer}: {answer}"));
                names.push((name, value.as_str().unwrap().to_owned()));
            }
        }
        let body = serde_json::from_str(&filled(&case.body.to_string(), &names)).unwrap();
        Raw::new(&filled(case.request, &names), body)
    }

    pub(crate) async fn send(&self, raw: &Raw) -> Result<Value, Error> {
        send(&self.kibana, raw).await
    }

    pub(crate) async fn anonymously(&self, raw: &Raw) -> Result<Value, Error> {
        send(&self.kibana.options(RequestOptions::anonymous), raw).await
    }

    pub(crate) async fn wrongly(&self, raw: &Raw) -> Result<Value, Error> {
        send(&self.kibana.options(|options| options.basic_auth("elastic", "wrong")), raw).await
    }

    pub(crate) async fn without_privileges(&self, raw: &Raw) -> Result<Value, Error> {
        send(&self.nobody, raw).await
    }

    /// Sends the request without the header that the client never leaves out.
    pub(crate) async fn without_xsrf(&self, raw: &Raw) -> Error {
        use base64::Engine;
        let login = format!("elastic:{}", self.stack.elastic_password());
        let login = base64::engine::general_purpose::STANDARD.encode(login);
        let host = self.stack.kibana_url().trim_start_matches("http://").to_owned();
        let body = raw.body.as_ref().map(Value::to_string).unwrap_or_default();
        let head = format!(
            "{} {} HTTP/1.1\r\nhost: {host}\r\nauthorization: Basic {login}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            raw.method,
            raw.path,
            body.len()
        );
        let mut stream = TcpStream::connect(&host).await.unwrap();
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status: u16 = head.split(' ').nth(1).unwrap().parse().unwrap();
        Error::kibana(StatusCode::from_u16(status).unwrap(), body.to_owned())
    }
}

fn filled(text: &str, names: &[(&str, String)]) -> String {
    names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
}

async fn send(client: &Kibana, raw: &Raw) -> Result<Value, Error> {
    let method = Method::from_bytes(raw.method.as_bytes()).unwrap();
    let mut request = client.request(method, &raw.path);
    for (name, value) in &raw.query {
        request = request.query(name, value);
    }
    for (name, value) in &raw.headers {
        request = request.header(name, value);
    }
    request = match (&raw.text, &raw.body) {
        (Some((media, text)), _) => request.body(Body::bytes(media, *text)),
        (None, Some(Value::Object(parts))) if !raw.files.is_empty() => {
            let part = |(name, value): (&String, &Value)| {
                let file = if raw.files.contains(name) && !raw.no_file { "; filename=\"import.ndjson\"" } else { "" };
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{text}\r\n")
            };
            let form: String = parts.iter().filter(|(_, value)| !value.is_null()).map(part).collect();
            request.body(Body::bytes("multipart/form-data; boundary=x", format!("{form}--x--\r\n")))
        }
        (None, Some(body)) => request.body(Body::raw_json(body.to_string())),
        (None, None) => request,
    };
    let response = request.send_raw().await?;
    let (status, bytes) = (response.status(), response.raw().clone());
    if !status.is_success() {
        return Err(Error::kibana(status, bytes));
    }
    // Files and lines are no JSON.
    Ok(serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}
