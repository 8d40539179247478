//! Is there any route, to anywhere but this machine? As the kernel lists them in `/proc/net`.

/// `RTF_UP` and `RTF_REJECT` of `linux/route.h`, `RTF_LOCAL` of `linux/ipv6_route.h`.
const UP: u32 = 0x1;
const REJECT: u32 = 0x200;
const LOCAL: u32 = 0x8000_0000;

/// True where there is a route, and where that cannot be seen.
pub(super) fn any() -> bool {
    let table = |path| std::fs::read_to_string(path).ok();
    let (v4, v6) = (table("/proc/net/route"), table("/proc/net/ipv6_route"));
    match (v4, v6) {
        (None, _) => true,
        (Some(v4), v6) => leads_anywhere_v4(&v4) || v6.is_some_and(|v6| leads_anywhere_v6(&v6)),
    }
}

/// `Iface Destination Gateway Flags …`, below a line of headings.
fn leads_anywhere_v4(table: &str) -> bool {
    table.lines().skip(1).any(|line| {
        let mut fields = line.split_ascii_whitespace();
        let (interface, flags) = (fields.next(), fields.nth(2));
        interface != Some("lo") && is_way(flags)
    })
}

/// `destination length source length gateway metric uses references flags interface`; link-local and multicast routes lead nowhere.
fn leads_anywhere_v6(table: &str) -> bool {
    table.lines().any(|line| {
        let mut fields = line.split_ascii_whitespace();
        let destination = fields.next().unwrap_or_default();
        let (flags, interface) = (fields.nth(7), fields.next());
        let is_near = destination.starts_with("fe8") || destination.starts_with("ff");
        interface.is_some_and(|interface| interface != "lo") && !is_near && is_way(flags)
    })
}

fn is_way(flags: Option<&str>) -> bool {
    let flags = flags.and_then(|flags| u32::from_str_radix(flags, 16).ok());
    flags.is_some_and(|flags| flags & UP != 0 && flags & (REJECT | LOCAL) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADINGS: &str =
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

    fn v4(line: &str) -> bool {
        leads_anywhere_v4(&format!("{HEADINGS}{line}\n"))
    }

    #[test]
    fn a_default_route_and_one_to_a_network_lead_somewhere() {
        assert!(v4(
            "eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0"
        ));
        assert!(v4(
            "eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0"
        ));
    }

    #[test]
    fn loopback_rejected_and_broken_lines_lead_nowhere() {
        assert!(!leads_anywhere_v4(HEADINGS));
        assert!(!leads_anywhere_v4(""));
        for line in [
            "lo\t0000007F\t00000000\t0001\t0",
            "*\t00000000\t00000000\t0200\t0",
            "eth0\t00000000",
            "eth0 0 0 zz",
            "",
        ] {
            assert!(!v4(line), "{line}");
        }
    }

    #[test]
    fn of_ipv6_only_routes_beyond_the_link_count() {
        let line = |destination: &str, flags: &str, interface: &str| {
            format!(
                "{destination} 40 {0} 00 {0} 00000100 00000001 00000000 {flags} {interface}\n",
                "0".repeat(32)
            )
        };
        let of = |destination: &str, flags: &str, interface: &str| {
            leads_anywhere_v6(&line(destination, flags, interface))
        };
        let (global, default) = (
            "20010db8000000000000000000000000",
            "00000000000000000000000000000000",
        );
        assert!(of(global, "00000001", "eth0") && of(default, "00000003", "eth0"));
        assert!(!of(default, "00200200", "lo"));
        assert!(!of(global, "80200001", "eth0"));
        assert!(!of("fe800000000000000000000000000000", "00000001", "eth0"));
        assert!(!of("ff000000000000000000000000000000", "00000001", "eth0"));
        assert!(!leads_anywhere_v6("") && !leads_anywhere_v6("garbage\n"));
    }
}
