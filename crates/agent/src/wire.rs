//! Function calls in text: written in the requirements' form, read in all three forms of the contract.
//!
//! Values are between `<escape>` marks, so braces, quotes and nested JSON in them are only text. A value that is a
//! JSON array or object (a `scheme`) is written as JSON between the marks.

use levitate_core::action::InstallerAction;
use serde_json::{Map, Value};

const START: &str = "<start_function_call>";
const END: &str = "<end_function_call>";
const ESCAPE: &str = "<escape>";
const TOOL_START: &str = "<tool_call>";
const TOOL_END: &str = "</tool_call>";

/// Why a text holds no call that can be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A call starts and does not end, or its inside is not as it should be.
    #[error("the call is not well formed near \"{0}\"")]
    Form(String),
    /// The call is none of the list, or its arguments are not.
    #[error("the call is not one of the known actions: {0}")]
    Action(String),
}

/// An action as a call.
pub fn print(action: &InstallerAction) -> String {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(action) else { return String::new() };
    let name = fields.remove("action").and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
    let arguments: Vec<String> = fields
        .iter()
        .map(|(key, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), clean);
            format!("{key}:{ESCAPE}{text}{ESCAPE}")
        })
        .collect();
    format!("{START}call:{name}{{{}}}{END}", arguments.join(","))
}

/// A value cannot hold the marks themselves; nothing that is ever a value does.
fn clean(text: &str) -> String {
    let mut text = text.to_owned();
    // Taking one out may join another together.
    while [ESCAPE, START, END].iter().any(|mark| text.contains(mark)) {
        for mark in [ESCAPE, START, END] {
            text = text.replace(mark, "");
        }
    }
    text
}

/// Every call in a text, in order; none where the text is plain words.
///
/// # Errors
/// The first call that is broken or unknown: a model that tries to call is told so, never half obeyed.
pub fn parse(text: &str) -> Result<Vec<InstallerAction>, WireError> {
    let mut actions = Vec::new();
    let mut rest = text;
    let mut found_marked = false;
    loop {
        let next = [(START, true), (TOOL_START, false)]
            .into_iter()
            .filter_map(|(mark, wire)| rest.find(mark).map(|at| (at, mark, wire)))
            .min_by_key(|(at, _, _)| *at);
        let Some((at, mark, wire)) = next else { break };
        found_marked = true;
        let inside = &rest[at + mark.len()..];
        let (value, used) = if wire { wire_call(inside)? } else { tool_call(inside)? };
        actions.push(action(value)?);
        rest = &inside[used..];
    }
    if found_marked {
        return Ok(actions);
    }
    // A bare object, perhaps in a code fence or between words.
    let mut from = 0;
    while let Some(at) = text[from..].find('{') {
        let mut stream = serde_json::Deserializer::from_str(&text[from + at..]).into_iter::<Value>();
        match stream.next() {
            Some(Ok(value)) => {
                from += at + stream.byte_offset().max(1);
                if value.get("action").is_some() || value.get("name").is_some() {
                    actions.push(action(value)?);
                }
            }
            _ => from += at + 1,
        }
    }
    Ok(actions)
}

fn near(text: &str) -> WireError {
    WireError::Form(text.chars().take(40).collect())
}

/// After `<start_function_call>`: `call:NAME{key:<escape>value<escape>,…}<end_function_call>`.
fn wire_call(text: &str) -> Result<(Value, usize), WireError> {
    let body = text.trim_start().strip_prefix("call:").ok_or_else(|| near(text))?;
    let open = body.find('{').ok_or_else(|| near(text))?;
    let name = body[..open].trim();
    let mut fields = Map::new();
    let mut rest = body[open + 1..].trim_start();
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            rest = after;
            break;
        }
        let colon = rest.find(':').ok_or_else(|| near(rest))?;
        let key = rest[..colon].trim().trim_matches('"');
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(near(rest));
        }
        let value = rest[colon + 1..].trim_start();
        if let Some(marked) = value.strip_prefix(ESCAPE) {
            let end = marked.find(ESCAPE).ok_or_else(|| near(value))?;
            fields.insert(key.to_owned(), typed(key, &marked[..end]));
            rest = &marked[end + ESCAPE.len()..];
        } else {
            // A model may leave the marks out: JSON, or a word up to the comma or brace.
            let mut stream = serde_json::Deserializer::from_str(value).into_iter::<Value>();
            if let Some(Ok(json)) = stream.next() {
                rest = &value[stream.byte_offset()..];
                fields.insert(key.to_owned(), json);
            } else {
                let end = value.find([',', '}']).ok_or_else(|| near(value))?;
                fields.insert(key.to_owned(), typed(key, value[..end].trim()));
                rest = &value[end..];
            }
        }
        rest = rest.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    let after = rest.trim_start();
    let rest = after.strip_prefix(END).unwrap_or(after);
    fields.insert("action".into(), Value::String(name.to_owned()));
    Ok((Value::Object(fields), text.len() - rest.len()))
}

/// The marks say nothing of types; these arguments are not texts.
fn typed(key: &str, text: &str) -> Value {
    match key {
        "encrypt" | "sudo" => match text.trim() {
            "true" | "True" | "yes" | "1" => Value::Bool(true),
            "false" | "False" | "no" | "0" | "" => Value::Bool(false),
            other => Value::String(other.to_owned()),
        },
        "scheme" => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
        _ => Value::String(text.to_owned()),
    }
}

/// After `<tool_call>`: `{"name":…,"arguments":{…}}</tool_call>`.
fn tool_call(text: &str) -> Result<(Value, usize), WireError> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let Some(Ok(value)) = stream.next() else { return Err(near(text)) };
    let rest = &text[stream.byte_offset()..];
    let after = rest.trim_start();
    let rest = after.strip_prefix(TOOL_END).unwrap_or(after);
    Ok((value, text.len() - rest.len()))
}

/// Either object form as an action.
fn action(mut value: Value) -> Result<InstallerAction, WireError> {
    if let Some(fields) = value.as_object_mut()
        && !fields.contains_key("action")
        && let Some(Value::String(name)) = fields.remove("name")
    {
        let mut arguments = match fields.remove("arguments") {
            Some(Value::Object(arguments)) => arguments,
            // Some models write the arguments as a text of JSON.
            Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or_default(),
            _ => Map::new(),
        };
        arguments.insert("action".into(), Value::String(name));
        value = Value::Object(arguments);
    }
    let extra =
        value.as_object().map_or(0, |fields| fields.values().filter(|value| !value.is_null()).count());
    let action = serde_json::from_value(value).map_err(|error| WireError::Action(error.to_string()))?;
    // serde takes no notice of extra fields where an action has none of its own.
    let alone = serde_json::to_value(&action)
        .ok()
        .is_some_and(|value| value.as_object().is_some_and(|f| f.len() == 1));
    let optional = matches!(action, InstallerAction::InstallBootloader { .. });
    if alone && !optional && extra > 1 {
        return Err(WireError::Action(format!("{action:?} takes no arguments")));
    }
    Ok(action)
}

#[cfg(test)]
mod tests {
    use super::*;
    use levitate_core::action::{PartitionRequest, Use};
    use proptest::prelude::*;

    #[test]
    fn a_call_is_written_as_the_requirements_write_it() {
        let action = InstallerAction::RunShellCommand { command: "lsblk".into() };
        assert_eq!(
            print(&action),
            "<start_function_call>call:run_shell_command{command:<escape>lsblk<escape>}<end_function_call>"
        );
    }

    #[test]
    fn all_three_forms_are_read() {
        let mut request = PartitionRequest::new("/dev/sda", Use::Whole);
        request.encrypt = true;
        request.scheme = serde_json::from_str(r#"[{"mount":"/","size":"rest","fs":"ext4"}]"#).unwrap();
        let action = InstallerAction::Partition(request);
        let json = r#"{"action":"partition","disk":"/dev/sda","use":"whole","encrypt":true,"scheme":[{"mount":"/","size":"rest","fs":"ext4"}]}"#;
        let tool = r#"<tool_call>{"name":"partition","arguments":{"disk":"/dev/sda","use":"whole","encrypt":true,"scheme":[{"mount":"/","size":"rest","fs":"ext4"}]}}</tool_call>"#;
        for text in [
            print(&action),
            json.into(),
            format!("```json\n{json}\n```"),
            tool.into(),
            format!("Sure. {tool} ok"),
        ] {
            assert_eq!(parse(&text), Ok(vec![action.clone()]), "{text}");
        }
        assert_eq!(
            parse(&format!("{}{}", print(&action), print(&InstallerAction::Reboot))).map(|a| a.len()),
            Ok(2)
        );
    }

    #[test]
    fn braces_and_quotes_in_values_are_text() {
        let action = InstallerAction::SetHostname { name: r#"a}b{"c":'d',"#.into() };
        assert_eq!(parse(&print(&action)), Ok(vec![action]));
    }

    #[test]
    fn words_are_no_call_and_broken_calls_are_errors() {
        assert_eq!(parse("You have two disks {both empty}."), Ok(vec![]));
        for bad in [
            "<start_function_call>call:erase_all{}<end_function_call>",
            "<start_function_call>call:partition{disk:<escape>/dev/sda",
            "<start_function_call>",
            "<tool_call>{\"name\":</tool_call>",
            "{\"action\":\"format\",\"partition\":\"/dev/sda1\"}",
            "{\"action\":\"reboot\",\"force\":true}",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = parse(&text);
        }

        #[test]
        fn no_near_call_panics(text in "(<start_function_call>|<tool_call>|call:|\\{|\\}|<escape>|\"|:|,|name|arguments|\\[|é| )*") {
            let _ = parse(&text);
        }

        #[test]
        fn print_and_parse_are_inverse(name in "[^<]*") {
            let action = InstallerAction::SetHostname { name };
            prop_assert_eq!(parse(&print(&action)), Ok(vec![action]));
        }
    }
}
