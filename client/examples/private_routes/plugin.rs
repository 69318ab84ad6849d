//! A stand-in for the plugin, in the place of the HTTP library: it answers as the plugin would, and the client can't tell.

use elkit::http::{BoxFuture, HttpBody, HttpClient, HttpError};
use elkit::{HeaderValue, StatusCode};
use http::{Request, Response};

/// The plugin's routes.
pub(crate) struct Plugin;

impl HttpClient for Plugin {
    fn send(&self, request: Request<HttpBody>) -> BoxFuture<'_, Result<Response<HttpBody>, HttpError>> {
        let (status, body) = answer(&request);
        let mut response = Response::new(HttpBody::from(body));
        *response.status_mut() = status;
        response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
        Box::pin(async move { Ok(response) })
    }
}

fn answer(request: &Request<HttpBody>) -> (StatusCode, &'static str) {
    let query = request.uri().query().unwrap_or_default();
    match (request.method().as_str(), request.uri().path()) {
        ("POST", "/s/garden/api/greenhouse/north/sensor") => {
            (StatusCode::OK, r#"{ "id": "s-7", "kind": "humidity", "shelf": 2 }"#)
        }
        ("GET", "/s/garden/api/greenhouse/north/readings") if query == "kind=humidity&size=2" => (
            StatusCode::OK,
            r#"{ "total": 41, "readings": [
                { "sensor": "s-7", "at": "2026-05-01T06:00:00Z", "value": 61.5, "battery": 80 },
                { "sensor": "s-3", "at": "2026-05-01T05:00:00Z", "value": 58, "battery": null }
            ] }"#,
        ),
        ("GET", "/api/irrigation/plans") => (
            StatusCode::OK,
            r#"[{ "id": "dawn", "schedule": { "every": "6h" } }, { "id": "dry", "active": false, "schedule": { "days": ["mon"] } }]"#,
        ),
        ("POST", "/api/irrigation/plans/dawn/_start") => (StatusCode::NO_CONTENT, ""),
        _ => (
            StatusCode::NOT_FOUND,
            r#"{ "statusCode": 404, "error": "Not Found", "message": "there is no such route" }"#,
        ),
    }
}
