//! Multipart forms.

use super::Generator;
use crate::request::Request;

const BOUNDARY: &str = "----WebKitFormBoundaryAbc123";

/// What stands for `multipart/form-data; boundary=B`; `B` is the boundary.
const TYPES: [&str; 32] = [
    "Multipart/Form-Data; Boundary=B",
    "multipart/form-data; boundary=\"B\"",
    "multipart/form-data; boundary='B'",
    "multipart/form-data; boundary=B;",
    "multipart/form-data; boundary=B; charset=utf-8",
    "multipart/form-data; charset=utf-8; boundary=B",
    "multipart/form-data; charset=iso-8859-1; boundary=B",
    "multipart/form-data; charset=utf-16; boundary=B",
    "multipart/form-data; charset=utf-7; boundary=B",
    "multipart/form-data; boundary=x; boundary=B",
    "multipart/form-data; boundary=B; boundary=x",
    "multipart/form-data; xboundary=x; boundary=B",
    "multipart/form-data; x=\"boundary=x\"; boundary=B",
    "multipart/form-data; boundary*=utf-8''B",
    "multipart/form-data; boundary*0=B",
    "multipart/form-data; boundary = B",
    "multipart/form-data; boundary=B, text/plain",
    "multipart/form-data, boundary=B",
    "multipart/form-data boundary=B",
    "multipart/form-data;boundary=B x",
    "multipart/form-data; boundary=\"B\\\"",
    "multipart/form-data; boundary=\"B",
    "multipart/form-data; boundary=--B",
    "multipart/form-data; boundary=\\B",
    "multipart/mixed; boundary=B",
    "multipart/related; boundary=B",
    "multipart/x; boundary=B",
    "multipart/form-data; boundary=B\tx",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "application/x-www-form-urlencoded; boundary=B",
    "multipart/form-data; boundary=\"B \"",
];

impl Generator {
    pub(super) fn multipart(&mut self) -> Request {
        let body = self.parts();
        let kind = if self.random.one_in(8) {
            self.random.pick(&TYPES)
        } else {
            "multipart/form-data; boundary=B"
        };
        let mut request =
            Request::new("POST", "/login").header("content-type", kind.replace('B', BOUNDARY));
        if self.random.one_in(80) {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        request.with_body(body)
    }

    fn parts(&mut self) -> Vec<u8> {
        // One line ending for all, rarely another.
        let end = match self.random.below(24) {
            0 => "\n",
            1 => "\r",
            _ => "\r\n",
        };
        let mut out = Vec::new();
        if self.random.one_in(20) {
            let start = self.random.pick(&[
                "\r\n",
                "\n",
                "preamble\r\n",
                " ",
                "--",
                "email=victim&x=",
                "\r\n\r\n",
                "--x\r\n",
                "\0",
            ]);
            out.extend(start.bytes());
        }
        let plain = format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n",
            self.field.name(),
            self.decoy
        );
        if self.random.one_in(3) {
            out.extend(plain.bytes());
        }
        for _ in 0..1 + self.random.below(2) {
            out.extend(self.part(end));
        }
        if self.random.one_in(4) {
            out.extend(plain.bytes());
        }
        let last = match self.random.below(16) {
            0 => format!("--{BOUNDARY}"),
            1 => String::new(),
            2 => format!("--{BOUNDARY}--"),
            3 => format!("--{BOUNDARY}--\r\nepilogue\r\n{plain}"),
            4 => format!("--{BOUNDARY}-- \r\n{plain}--{BOUNDARY}--\r\n"),
            5 => format!("--{BOUNDARY}-\r\n"),
            6 => format!(
                "--{BOUNDARY}--{end}--{BOUNDARY}{end}\
                 content-disposition: form-data; name=\"{}\"{end}{end}{}{end}--{BOUNDARY}--{end}",
                self.field.name(),
                self.victim
            ),
            _ => format!("--{BOUNDARY}--{end}"),
        };
        out.extend(last.bytes());
        out
    }

    fn part(&mut self, end: &str) -> Vec<u8> {
        let mut out = Vec::new();
        let delimiter = match self.random.below(40) {
            0 => format!("--{BOUNDARY} {end}"),
            1 => format!("--{BOUNDARY}\t{end}"),
            2 => format!("--{BOUNDARY}x{end}"),
            3 => format!(" --{BOUNDARY}{end}"),
            4 => format!("--{}{end}", BOUNDARY.to_ascii_uppercase()),
            5 => format!("--{BOUNDARY}\n"),
            6 => format!("--{BOUNDARY}{end}{end}"),
            _ => format!("--{BOUNDARY}{end}"),
        };
        out.extend(delimiter.bytes());
        let mut lines = vec![self.disposition()];
        if self.random.one_in(4) {
            lines.push(self.part_header().into());
        }
        if self.random.one_in(16) {
            lines.push(self.disposition());
        }
        if self.random.one_in(5) {
            lines.reverse();
        }
        for line in lines {
            out.extend(line);
            out.extend(end.bytes());
        }
        out.extend(if self.random.one_in(50) { "" } else { end }.bytes());
        let value = self.value();
        let value = if self.random.one_in(60) {
            use base64::Engine;
            base64::engine::general_purpose::STANDARD
                .encode(&value)
                .into_bytes()
        } else {
            value
        };
        out.extend(value);
        out.extend(end.bytes());
        out
    }

    fn disposition(&mut self) -> Vec<u8> {
        let name = self.name();
        let plain = self.field.name().as_bytes();
        let with = |template: &str| {
            let (before, after) = template.split_once('N').unwrap_or((template, ""));
            [before.as_bytes(), &name, after.as_bytes()].concat()
        };
        let template = if self.random.one_in(2) {
            "content-disposition: form-data; name=\"N\""
        } else {
            self.random.pick(&[
                "Content-Disposition: form-data; name=\"N\"",
                "Content-Disposition: form-data; name=N",
                "Content-Disposition: form-data; name='N'",
                "Content-Disposition: form-data; name=\"N",
                "Content-Disposition: form-data; name=N\"",
                "Content-Disposition: form-data; name = \"N\"",
                "Content-Disposition: form-data; name= \"N\"",
                "Content-Disposition: form-data;name=\"N\";",
                "Content-Disposition: form-data; NAME=\"N\"",
                "Content-Disposition: form-data; Name=\"N\"",
                "Content-Disposition: form-data; name=\"N\"; filename=\"a.txt\"",
                "Content-Disposition: form-data; name=\"N\"; filename=\"\"",
                "Content-Disposition: form-data; name=\"N\"; filename=",
                "Content-Disposition: form-data; name=\"N\"; filename",
                "Content-Disposition: form-data; name=\"N\"; filename*=utf-8''a",
                "Content-Disposition: form-data; filename=\"x\"; name=\"N\"",
                "Content-Disposition: form-data; filename=\"x; name=\\\"z\\\"\"; name=\"N\"",
                "Content-Disposition: form-data; filename=\"\\\"; name=\"N\"",
                "Content-Disposition: form-data; filename=\"a\\\\\"; name=\"N\"",
                "Content-Disposition: form-data; x-name=\"N\"; name=\"z\"",
                "Content-Disposition: form-data; x-name=\"z\"; name=\"N\"",
                "Content-Disposition: form-data; name=\"z\"; x-name=\"N\"",
                "Content-Disposition: form-data; xname=\"N\"; name=\"z\"",
                "Content-Disposition: form-data; name=\"z\"; name=\"N\"",
                "Content-Disposition: form-data; name=\"N\"; name=\"z\"",
                "Content-Disposition: form-data; name*=utf-8''N",
                "Content-Disposition: form-data; name=\"z\"; name*=utf-8''N",
                "Content-Disposition: form-data; name*0=\"N\"",
                "Content-Disposition: form-data; name*0=\"ema\"; name*1=\"il\"",
                "Content-Disposition: form-data; name*0*=utf-8''ema; name*1=\"il\"",
                "Content-Disposition: form-data; name=\"=?utf-8?q?N?=\"",
                "Content-Disposition: form-data; name=\"=?utf-8?b?ZW1haWw=?=\"",
                "Content-Disposition: form-data; name==?utf-8?q?N?=",
                "Content-Disposition: attachment; name=\"N\"",
                "Content-Disposition: name=\"N\"",
                "Content-Disposition: ; name=\"N\"",
                "Content-Disposition: form-data name=\"N\"",
                "Content-Disposition: form-data, name=\"N\"",
                "Content-Disposition: form-data;\r\n name=\"N\"",
                "Content-Disposition: form-data;\n name=\"N\"",
                "Content-Disposition:\r\n form-data; name=\"N\"",
                "Content-Disposition:form-data;name=\"N\"",
                "Content-Disposition : form-data; name=\"N\"",
                " Content-Disposition: form-data; name=\"N\"",
                "Content-Disposition: FORM-DATA; name=\"N\"",
                "Content-Disposition: form-data; name=\"N\"x",
                "Content-Disposition: form-data; name=\"x\"N",
                "Content-Disposition: form-data; name=\"\"N",
                "Content-Disposition: inline; name=\"N\"",
                "Content-Disposition: form-data; ; name=\"N\"",
                "Content-Disposition: form-data; x; name=\"N\"",
                "Content-Disposition: form-data; \"name\"=\"N\"",
                "Content-Disposition: form-data; \\name=\"N\"",
                "Content_Disposition: form-data; name=\"N\"",
                "Content-Disposition: form-data; name=\"N\"\0",
                "Content-ID: N",
                "Content-ID: <N>",
                "Content-Type: text/plain; name=\"N\"",
                "Content-Type: text/plain; name=\"N\"\r\nContent-Disposition: form-data",
                "X: y\r\nContent-Disposition: form-data; name=\"N\"",
                "X\r\nContent-Disposition: form-data; name=\"N\"",
                "Content-Disposition: form-data; name=\"N\"\r\n x",
                "Content-Disposition: form-data; name=\"e\\mail\"",
            ])
        };
        if self.random.one_in(3) {
            let (before, after) = template.split_once('N').unwrap_or((template, ""));
            return [before.as_bytes(), plain, after.as_bytes()].concat();
        }
        with(template)
    }

    fn part_header(&mut self) -> &'static str {
        self.random.pick(&[
            "Content-Type: text/plain",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Type: text/plain; charset=iso-8859-1",
            "Content-Type: text/plain; charset=utf-16",
            "Content-Type: text/plain; charset=utf-7",
            "Content-Type: application/json",
            "Content-Type: application/octet-stream",
            "Content-Type: multipart/mixed; boundary=x",
            "Content-Type: message/rfc822",
            "Content-Type: text/plain; charset=ibm037",
            "Content-Type: text/html; charset=\"utf-16le\"",
            "Content-Type: ",
            "Content-Transfer-Encoding: base64",
            "Content-Transfer-Encoding: quoted-printable",
            "Content-Transfer-Encoding: 8bit",
            "Content-Transfer-Encoding: BASE64",
            "Content-Transfer-Encoding: binary",
            "Content-Transfer-Encoding: x",
            "Content-Encoding: gzip",
            "Content-Length: 3",
            "Content-Length: 0",
            "Content-Length: 1000",
            "X-Custom: y",
            "MIME-Version: 1.0",
            "Content-Type: application/x-www-form-urlencoded",
        ])
    }
}
