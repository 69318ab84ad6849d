//! Names of files and of fields in forms: no form gets a part or a header more, whatever they are.

use elkit::body::{Body, Upload};
use elkit::testing::Server;
use elkit::{Kibana, Method};

use super::{refused, texts};

#[tokio::test]
async fn forms_have_the_parts_they_were_given() {
    let mut sent = 0;
    for text in texts() {
        let server = Server::start([]).unwrap();
        let kibana = Kibana::builder(server.url()).build().unwrap();
        let file = Upload::new("content").file_name(&text).content_type("text/plain");
        let odd_media = Upload::new("content").content_type(format!("text/plain{text}"));
        let forms = [
            ("file name", Body::multipart().file("f", &file, "x", "y/z").build()),
            ("field", Body::multipart().json(&text, &1).build()),
            ("field of a file", Body::multipart().file(&text, &Upload::new("content"), "x", "y/z").build()),
            ("media type", Body::multipart().file("f", &odd_media, "x", "y/z").build()),
        ];
        for (name, form) in forms {
            let before = server.requests().len();
            let body = match form {
                Ok(body) => body,
                Err(error) => {
                    assert_eq!(name, "media type", "{text:?}: {error:?}");
                    refused(&error).unwrap();
                    continue;
                }
            };
            kibana.request(Method::POST, "/x").body(body).send_raw().await.unwrap();
            let requests = server.requests().split_off(before);
            let [request] = &requests[..] else { panic!("{name} {text:?}: one request") };
            let media = request.header("content-type").unwrap();
            let boundary = format!("--{}", media.split_once("boundary=").unwrap().1);
            let body = String::from_utf8(request.body.to_vec()).unwrap();
            let parts: Vec<_> = body.split(&boundary).collect();
            assert_eq!((parts.len(), parts[0], parts[2]), (3, "", "--\r\n"), "{name} {text:?}: {body:?}");
            let (head, _) = parts[1].split_once("\r\n\r\n").unwrap();
            let lines: Vec<_> = head.trim_start().split("\r\n").collect();
            let headers = if name == "field" { 1 } else { 2 };
            assert_eq!(lines.len(), headers, "{name} {text:?}: {head:?}");
            assert!(lines[0].starts_with("content-disposition: form-data; name=\""), "{head:?}");
            assert!(!head.replace("\r\n", "").contains(['\r', '\n']), "{name} {text:?}: {head:?}");
            let quotes =
                if name.contains("file name") || name == "field of a file" || name == "media type" { 4 } else { 2 };
            assert_eq!(lines[0].matches('"').count(), quotes, "{name} {text:?}: {head:?}");
            sent += 1;
        }
    }
    assert!(sent > 400, "{sent} forms were sent");
}
