//! Where a service answers: reads an address from a provider block. Never plain HTTP but to this machine.

use std::net::IpAddr;

/// Scheme, host and port of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `https`, or `http` to this machine.
    pub scheme: String,
    /// Host as written, with the port where there is one.
    pub authority: String,
    /// Whether the host is an IP address or this machine, so that no name can stand before it.
    pub bare: bool,
}

impl Endpoint {
    /// Reads `https://host[:port][/]`, `http://127.0.0.1:port` or a bare host, which means `https`, but `http` on
    /// this machine.
    ///
    /// # Errors
    /// Why the address cannot be used.
    pub fn parse(address: &str) -> Result<Endpoint, String> {
        let (scheme, rest) = match address.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, address),
        };
        let authority = rest.trim_end_matches('/').to_ascii_lowercase();
        let parsed = url::Url::parse(&format!("http://{authority}/"))
            .ok()
            .filter(|u| u.path() == "/" && u.query().is_none() && u.username().is_empty());
        let host = parsed.as_ref().and_then(url::Url::host_str);
        let Some(host) = host.filter(|_| !authority.is_empty()) else {
            return Err(format!(
                "the address {address:?} is not of the form https://host or https://host:port"
            ));
        };
        let ip: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        let local = host == "localhost" || ip.is_some_and(|ip| ip.is_loopback());
        let scheme = scheme.unwrap_or_else(|| if local { "http" } else { "https" }.to_string());
        match scheme.as_str() {
            "https" => {}
            "http" if local => {}
            "http" => {
                return Err(format!(
                    "the address {address:?} is plain HTTP, which is only for this machine; use https://{authority}"
                ));
            }
            _ => return Err(format!("the address {address:?} is neither https nor http")),
        }
        Ok(Endpoint {
            scheme,
            authority,
            bare: local || ip.is_some(),
        })
    }

    /// A public address, given by its host name.
    pub fn https(host: impl Into<String>) -> Endpoint {
        Endpoint {
            scheme: "https".to_string(),
            authority: host.into(),
            bare: false,
        }
    }

    /// The same service under a host name that begins with `label.`; unchanged where it does already, or where the
    /// host is an address.
    pub fn under(mut self, label: &str) -> Endpoint {
        if !self.bare && !self.authority.starts_with(&format!("{label}.")) {
            self.authority = format!("{label}.{}", self.authority);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_plain_http_stays_on_this_machine() {
        type Expected = Result<(&'static str, &'static str, bool), &'static str>;
        let table: &[(&str, Expected)] = &[
            ("https://oss.example.com", Ok(("https", "oss.example.com", false))),
            ("https://OSS.example.com/", Ok(("https", "oss.example.com", false))),
            (
                "oss-cn-hangzhou.aliyuncs.com",
                Ok(("https", "oss-cn-hangzhou.aliyuncs.com", false)),
            ),
            ("http://127.0.0.1:8080", Ok(("http", "127.0.0.1:8080", true))),
            ("127.0.0.1:8080", Ok(("http", "127.0.0.1:8080", true))),
            ("http://[::1]:80", Ok(("http", "[::1]:80", true))),
            ("localhost:1", Ok(("http", "localhost:1", true))),
            ("https://10.0.0.1", Ok(("https", "10.0.0.1", true))),
            ("http://10.0.0.1", Err("plain HTTP")),
            ("http://oss.example.com", Err("plain HTTP")),
            ("http://localhost.example.com", Err("plain HTTP")),
            ("ftp://localhost", Err("neither")),
            ("https://a/b", Err("form")),
            ("https://", Err("form")),
            ("", Err("form")),
            ("https://u:p@host", Err("form")),
        ];
        for (address, expected) in table {
            let found = Endpoint::parse(address);
            match expected {
                Ok((scheme, authority, bare)) => assert_eq!(
                    found,
                    Ok(Endpoint {
                        scheme: (*scheme).into(),
                        authority: (*authority).into(),
                        bare: *bare
                    }),
                    "{address}"
                ),
                Err(part) => assert!(found.as_ref().is_err_and(|e| e.contains(part)), "{address}: {found:?}"),
            }
        }
    }

    #[test]
    fn a_label_goes_before_names_only_and_once() {
        assert_eq!(
            Endpoint::https("ots.example.com").under("i").authority,
            "i.ots.example.com"
        );
        assert_eq!(
            Endpoint::https("i.ots.example.com").under("i").authority,
            "i.ots.example.com"
        );
        let local = Endpoint::parse("127.0.0.1:1").map(|e| e.under("i").authority);
        assert_eq!(local.as_deref(), Ok("127.0.0.1:1"));
    }
}
