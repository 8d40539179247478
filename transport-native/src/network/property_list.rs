//! Property lists, as XML.

/// The text of the element after `<key>name</key>`, where that is a string without characters that XML escapes, as names of interfaces are.
pub(super) fn string<'a>(list: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = list.split_once(&format!("<key>{name}</key>"))?;
    let (text, _) = after
        .trim_start()
        .strip_prefix("<string>")?
        .split_once('<')?;
    (!text.is_empty() && !text.contains('&')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `State:/Network/Global/IPv4` of a machine on a wireless network.
    const GLOBAL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>PrimaryInterface</key>
	<string>en0</string>
	<key>PrimaryService</key>
	<string>8A1D7C5E-5C40-4A04-8F5B-6D2B7C6F9A01</string>
	<key>Router</key>
	<string>192.168.1.1</string>
</dict>
</plist>
"#;

    #[test]
    fn the_string_after_the_key_is_found() {
        assert_eq!(string(GLOBAL, "PrimaryInterface"), Some("en0"));
        assert_eq!(string(GLOBAL, "Router"), Some("192.168.1.1"));
        assert_eq!(string(GLOBAL, "Primary"), None);
    }

    #[test]
    fn what_is_no_string_is_nothing() {
        for list in [
            "",
            "<key>a</key>",
            "<key>a</key><integer>1</integer>",
            "<key>a</key><string/>",
            "<key>a</key><string></string>",
            "<key>a</key><string>en0",
            "<key>a</key><string>a&amp;b</string>",
            "<key>b</key><string>a</string>",
        ] {
            assert_eq!(string(list, "a"), None, "{list}");
        }
    }
}
