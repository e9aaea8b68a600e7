//! `X-Twilio-Signature`: base64(HMAC-SHA1(auth token, URL + parameters)).
//!
//! Source: Twilio "Security", and the test vectors of twilio-python, twilio-node and twilio-go.
//! What is signed is the URL as Twilio was given it, which a proxy may have changed on the way, so
//! a few spellings of it are tried: with and without the port, `'` written as `%27`, and for a
//! WebSocket with and without the trailing slash. Every spelling is tried, and every comparison
//! takes the same time wherever the difference is.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

/// The signature of a URL without parameters: a WebSocket handshake, or a JSON body whose hash is
/// in the URL.
pub fn sign(auth_token: &str, url: &str) -> String {
    STANDARD.encode(mac(auth_token, url, ""))
}

/// The signature of a form post.
pub fn sign_form(auth_token: &str, url: &str, params: &[(String, String)]) -> String {
    STANDARD.encode(mac(auth_token, url, &canonical(params)))
}

/// Is `signature` that of this form, posted to this URL?
pub fn verify_form(auth_token: &str, signature: &str, url: &str, params: &[(String, String)]) -> bool {
    verify(auth_token, signature, &spellings(url), &canonical(params))
}

/// Is `signature` that of this body, posted to this URL, which carries `bodySHA256`?
pub fn verify_json(auth_token: &str, signature: &str, url: &str, body: &[u8]) -> bool {
    let Some(claimed) = query_value(url, "bodySHA256") else {
        return false;
    };
    let digest: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    let same_body = digest.as_bytes().ct_eq(claimed.to_ascii_lowercase().as_bytes());
    bool::from(same_body) & verify(auth_token, signature, &spellings(url), "")
}

/// Is `signature` that of a WebSocket handshake at this `wss://` URL?
pub fn verify_handshake(auth_token: &str, signature: &str, url: &str) -> bool {
    let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    let other = match path.strip_suffix('/') {
        Some(bare) => bare.to_owned(),
        None => format!("{path}/"),
    };
    let other = query.map_or(other.clone(), |query| format!("{other}?{query}"));
    let mut urls = spellings(url);
    urls.extend(spellings(&other));
    verify(auth_token, signature, &urls, "")
}

fn verify(auth_token: &str, signature: &str, urls: &[String], params: &str) -> bool {
    let Ok(claimed) = STANDARD.decode(signature) else {
        return false;
    };
    let accepted = urls.iter().fold(Choice::from(0), |accepted, url| {
        accepted | mac(auth_token, url, params).as_slice().ct_eq(&claimed)
    });
    accepted.into()
}

fn mac(auth_token: &str, url: &str, params: &str) -> [u8; 20] {
    let mut mac =
        Hmac::<Sha1>::new_from_slice(auth_token.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(url.as_bytes());
    mac.update(params.as_bytes());
    mac.finalize().into_bytes().into()
}

/// Keys sorted, the values of one key sorted and each taken once, written without separators.
fn canonical(params: &[(String, String)]) -> String {
    let mut sorted: Vec<(&str, &str)> =
        params.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.into_iter().flat_map(|(key, value)| [key, value]).collect()
}

/// The URL as it is, without its port and with it, each also with `'` in the query as `%27`.
fn spellings(url: &str) -> Vec<String> {
    let mut urls: Vec<String> = Vec::with_capacity(6);
    let mut add = |url: Cow<'_, str>| {
        let encoded = encode_quotes(&url);
        for spelling in [url.into_owned(), encoded] {
            if !urls.contains(&spelling) {
                urls.push(spelling);
            }
        }
    };
    add(Cow::Borrowed(url));
    if let Some((scheme, authority, rest)) = split(url) {
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (format!("{user}@"), host),
            None => (String::new(), authority),
        };
        match port(host) {
            Some((bare, _)) => add(Cow::Owned(format!("{scheme}://{user}{bare}{rest}"))),
            None => {
                let standard = if matches!(scheme, "http" | "ws") { 80 } else { 443 };
                add(Cow::Owned(format!("{scheme}://{user}{host}:{standard}{rest}")));
            }
        }
    }
    urls
}

/// `scheme`, `authority` and everything after it.
fn split(url: &str) -> Option<(&str, &str, &str)> {
    let (scheme, after) = url.split_once("://")?;
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    Some((scheme, &after[..end], &after[end..]))
}

/// The host and its port, if it names one. An IPv6 address is in brackets.
fn port(host: &str) -> Option<(&str, &str)> {
    let (bare, port) = host.rsplit_once(':')?;
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    (digits && (!bare.contains(':') || bare.ends_with(']'))).then_some((bare, port))
}

fn encode_quotes(url: &str) -> String {
    match url.split_once('?') {
        Some((path, query)) => format!("{path}?{}", query.replace('\'', "%27")),
        None => url.to_owned(),
    }
}

fn query_value<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = url.split_once('?')?;
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests;
