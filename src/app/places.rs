//! Where the systems are that the settings name: hosts alone, for people to read. Nothing secret of an address is told.

use super::build::Options;
use crate::config::mcp::McpServerSettings;

/// The operator's own tools, each with where its calls go.
pub(super) fn own_tools(options: &Options) -> Vec<(String, String)> {
    let folder = options.operator.join("tools").join("custom");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path()).collect();
    files.sort();
    let tables = files
        .iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "toml"))
        .filter_map(|file| std::fs::read_to_string(file).ok()?.parse::<toml::Table>().ok());
    let tools = tables
        .flat_map(|table| table.get("tool").and_then(toml::Value::as_array).cloned().unwrap_or_default());
    tools
        .filter_map(|tool| {
            let text = |part: &str, key: &str| tool.get(part)?.get(key)?.as_str().map(str::to_owned);
            let place = text("http", "url").map(|url| host(&url));
            let place = place.or_else(|| text("sql", "database").map(|name| format!("database {name}")))?;
            Some((tool.get("name")?.as_str()?.to_owned(), place))
        })
        .collect()
}

/// Where an MCP server is: a program is named without what it is given.
pub(super) fn place_of_server(server: &McpServerSettings) -> String {
    if server.url.is_empty() { format!("program {}", server.command) } else { host(&server.url) }
}

/// Where a capability is served.
pub(super) fn place_of(options: &Options, keeper: &str) -> String {
    let base = options.settings.connectors.get(keeper).and_then(|connector| connector.base_url.as_deref());
    base.map_or_else(|| keeper.to_owned(), |base| format!("{keeper} at {}", host(base)))
}

/// The host of `openai` (an empty name) or of `@NAME`.
pub(super) fn endpoint_host(options: &Options, name: &str) -> String {
    let llm = &options.settings.llm;
    let further = name.strip_prefix('@').and_then(|name| llm.endpoints.get(name));
    let base_url = further.map_or(&llm.base_url, |endpoint| &endpoint.base_url);
    if base_url.is_empty() { "api.openai.com".to_owned() } else { host(base_url) }
}

/// Whether mail can be sent.
pub(super) fn mails(options: &Options) -> bool {
    let email = &options.settings.email;
    !email.from.is_empty() && (!email.is_by_server() || !email.smtp_url.trim().is_empty())
}

/// The host and port of an address, which may hold templates and passwords: nothing else of it is told, and nothing of one that is
/// not understood.
pub(super) fn host(url: &str) -> String {
    const UNKNOWN: &str = "an address that is not understood";
    if url.starts_with("sqlite:") {
        return "a file of this machine".to_owned();
    }
    let Some((_, behind)) = url.split_once("://") else { return UNKNOWN.to_owned() };
    let (authority, rest) = behind.split_at(behind.find(['/', '?', '#']).unwrap_or(behind.len()));
    // A password with such a sign in it is cut off in the middle.
    if rest.contains('@') {
        return UNKNOWN.to_owned();
    }
    let named = rest.split(['?', '&']).find_map(|part| part.strip_prefix("host="));
    match authority.rsplit_once('@').map_or(authority, |(_, host)| host) {
        "" => named.unwrap_or("this machine").to_owned(),
        host => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn of_an_address_only_the_host_is_shown() {
        for (url, shown) in [
            ("postgres://ana:secret@db:5432/balcao?sslmode=require", "db:5432"),
            ("https://api.example.com/v1/{{ args.id }}?key={{ secret.key }}", "api.example.com"),
            ("smtps://smtp.example.com", "smtp.example.com"),
            ("sqlite:///var/shop.db", "a file of this machine"),
            ("sqlite:/var/shop.db", "a file of this machine"),
            ("postgres:///erp?host=db.example.com", "db.example.com"),
            ("postgres:///erp", "this machine"),
            ("postgres://ana:pa/ss@db/erp", "an address that is not understood"),
            ("ana:secret", "an address that is not understood"),
        ] {
            assert_eq!(host(url), shown);
        }
    }
}
