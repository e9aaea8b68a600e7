//! What a caller needs of TwiML: the stream's URL and its parameters.

use std::collections::BTreeMap;

/// A `<Connect><Stream>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamVerb {
    /// Where to connect.
    pub url: String,
    /// Its `<Parameter>`s.
    pub parameters: BTreeMap<String, String>,
}

/// The stream a document asks for, if it does.
pub fn stream_of(xml: &str) -> Option<StreamVerb> {
    let connect = &xml[xml.find("<Connect")?..];
    let stream = tag(connect, "Stream")?;
    let url = attribute(stream, "url")?;
    let mut parameters = BTreeMap::new();
    let mut rest = connect;
    while let Some(parameter) = tag(rest, "Parameter") {
        parameters.insert(attribute(parameter, "name")?, attribute(parameter, "value")?);
        let start = rest.find("<Parameter")? + "<Parameter".len();
        rest = &rest[start..];
    }
    Some(StreamVerb { url, parameters })
}

/// Where the document goes on, if it ends with a `<Redirect>`.
pub fn redirect_of(xml: &str) -> Option<String> {
    let start = xml.find("<Redirect")?;
    let text = start + xml[start..].find('>')? + 1;
    let end = text + xml[text..].find("</Redirect>")?;
    Some(unescape(&xml[text..end]))
}

/// Whom the document rings, and where it tells what came of it: the number and `action`.
pub fn dial_of(xml: &str) -> Option<(String, String)> {
    let dial = tag(xml, "Dial")?;
    let number = xml.find("<Number>")? + "<Number>".len();
    let end = number + xml[number..].find("</Number>")?;
    Some((unescape(&xml[number..end]), attribute(dial, "action")?))
}

/// The inside of the first tag of this name.
fn tag<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let open = format!("<{name} ");
    let start = xml.find(&open)? + open.len();
    let end = start + xml[start..].find('>')?;
    Some(&xml[start..end])
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let key = format!("{name}=\"");
    let start = tag.find(&key)? + key.len();
    let end = start + tag[start..].find('"')?;
    Some(unescape(&tag[start..end]))
}

fn unescape(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
        .into_iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_example() {
        let xml = r#"<?xml version="1.0" encoding="UTF-8"?><Response><Connect>
            <Stream url="wss://bridge.example.com/media" name="main">
            <Parameter name="token" value="a&amp;b"/><Parameter name="x" value=""/>
            </Stream></Connect><Hangup/></Response>"#;
        let stream = stream_of(xml).expect("a stream");
        assert_eq!(stream.url, "wss://bridge.example.com/media");
        assert_eq!(stream.parameters["token"], "a&b");
        assert_eq!(stream.parameters["x"], "");
        assert_eq!(stream_of("<Response><Say>סליחה</Say><Hangup/></Response>"), None);
    }
}
