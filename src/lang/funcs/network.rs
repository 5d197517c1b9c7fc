//! Functions of IP networks in CIDR notation, both versions.

use super::{
    CallContext, Function, FunctionError, FunctionResult, Param, str_at, string_list, string_list_type, string_type,
    whole,
};
use crate::base::Value;
use dashu_int::IBig;
use std::net::{Ipv4Addr, Ipv6Addr};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "cidrhost",
        "The address of a host in a network, by number; negative numbers count from the end.",
        &[Param::string("prefix"), Param::number("hostnum")],
        string_type,
        cidrhost,
    ),
    Function::new(
        "cidrnetmask",
        "The mask of an IPv4 network, with dots.",
        &[Param::string("prefix")],
        string_type,
        |args, _| {
            let network = network(args)?;
            if network.bits != 32 {
                let message = format!("IPv6 addresses cannot have a netmask: {}", str_at(args, 0));
                return Err(FunctionError::call(message));
            }
            Ok(Value::string(address(network.mask(), 32)))
        },
    ),
    Function::new(
        "cidrsubnet",
        "A network within a network, by number, with a prefix longer by some bits.",
        &[
            Param::string("prefix"),
            Param::number("newbits"),
            Param::number("netnum"),
        ],
        string_type,
        cidrsubnet,
    ),
    Function::new(
        "cidrsubnets",
        "Networks within a network one after the other, each with a prefix longer by some bits.",
        &[Param::string("prefix")],
        string_list_type,
        cidrsubnets,
    )
    .rest(Param::number("newbits")),
];

/// A network; the address in the low `bits` bits.
#[derive(Clone, Copy)]
struct Network {
    base: u128,
    prefix: u32,
    /// 32 or 128.
    bits: u32,
}

impl Network {
    fn mask(self) -> u128 {
        let all = u128::MAX >> (128 - self.bits);
        all & !low_bits(self.bits - self.prefix)
    }

    fn last(self) -> u128 {
        self.base | low_bits(self.bits - self.prefix)
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", address(self.base, self.bits), self.prefix)
    }
}

fn low_bits(count: u32) -> u128 {
    u128::MAX.checked_shr(128 - count.min(128)).unwrap_or(0)
}

fn address(bits: u128, size: u32) -> String {
    match u32::try_from(bits) {
        Ok(low) if size == 32 => Ipv4Addr::from(low).to_string(),
        _ => Ipv6Addr::from(bits).to_string(),
    }
}

/// Four decimal numbers; leading zeros are no sign of octal.
fn ipv4(source: &str) -> Option<u128> {
    let mut parts = source.split('.');
    let mut bits = 0u128;
    for _ in 0..4 {
        let part = parts.next()?;
        if part.is_empty() || part.len() > 10 || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        bits = bits << 8 | u128::from(part.parse::<u64>().ok().filter(|n| *n < 256)?);
    }
    parts.next().is_none().then_some(bits)
}

fn parse(source: &str) -> Option<Network> {
    let (address, prefix) = source.split_once('/')?;
    let (base, bits) = match ipv4(address) {
        Some(base) => (base, 32),
        None => (u128::from(address.parse::<Ipv6Addr>().ok()?), 128),
    };
    let digits = !prefix.is_empty() && prefix.len() <= 3 && prefix.bytes().all(|b| b.is_ascii_digit());
    let prefix = prefix.parse::<u32>().ok().filter(|p| digits && *p <= bits)?;
    let network = Network { base, prefix, bits };
    Some(Network {
        base: base & network.mask(),
        ..network
    })
}

fn network(args: &[Value]) -> Result<Network, FunctionError> {
    let source = str_at(args, 0);
    parse(source).ok_or_else(|| FunctionError::call(format!("invalid CIDR expression: invalid CIDR address: {source}")))
}

fn integer(args: &[Value], position: usize) -> Result<IBig, FunctionError> {
    args.get(position)
        .and_then(Value::as_number)
        .and_then(crate::base::Number::to_integer)
        .ok_or_else(|| FunctionError::call("value must be a whole number"))
}

fn cidrhost(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let number = integer(args, 1)?;
    let network = network(args)?;
    let max = low_bits(network.bits - network.prefix);
    // -1 is the last address.
    let from_end = number < IBig::ZERO;
    let distance = if from_end { -number.clone() - 1 } else { number.clone() };
    let Some(distance) = u128::try_from(distance).ok().filter(|d| *d <= max) else {
        let message = format!(
            "prefix of {} does not accommodate a host numbered {number}",
            network.prefix
        );
        return Err(FunctionError::call(message));
    };
    let host = if from_end { max - distance } else { distance };
    Ok(Value::string(address(network.base | host, network.bits)))
}

fn cidrsubnet(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let new_bits = whole(args, 1)?;
    let number = integer(args, 2)?;
    let network = network(args)?;
    let prefix = i64::from(network.prefix).saturating_add(new_bits);
    let Some(prefix) = u32::try_from(prefix).ok().filter(|p| *p <= network.bits) else {
        let message = format!(
            "insufficient address space to extend prefix of {} by {new_bits}",
            network.prefix
        );
        return Err(FunctionError::call(message));
    };
    let max = low_bits(prefix.saturating_sub(network.prefix));
    if let Some(subnet) = below_zero(network, prefix, &number) {
        return Ok(Value::string(subnet.to_string()));
    }
    let Some(number) = u128::try_from(number.clone()).ok().filter(|n| *n <= max) else {
        let message = format!("prefix extension of {new_bits} does not accommodate a subnet numbered {number}");
        return Err(FunctionError::call(message));
    };
    let shifted = number.checked_shl(network.bits - prefix).unwrap_or(0);
    let subnet = Network {
        base: network.base | shifted,
        prefix,
        ..network
    };
    Ok(Value::string(
        Network {
            base: subnet.base & subnet.mask(),
            ..subnet
        }
        .to_string(),
    ))
}

/// What Terraform makes of a network number below zero that fits in the bits: it joins the base with the negative number in
/// two's complement and takes the result without its sign.
fn below_zero(network: Network, prefix: u32, number: &IBig) -> Option<Network> {
    let max = low_bits(prefix.saturating_sub(network.prefix));
    let distance = u128::try_from(-number.clone()).ok().filter(|n| *n > 0 && *n <= max)?;
    let shift = usize::try_from(network.bits - prefix).ok()?;
    let joined = (-(IBig::from(distance) << shift)) | IBig::from(network.base);
    let base = u128::try_from(-joined).ok()?;
    let subnet = Network {
        base,
        prefix,
        ..network
    };
    Some(Network {
        base: base & subnet.mask(),
        ..subnet
    })
}

fn cidrsubnets(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let network = network(args).map_err(|e| FunctionError::arg(0, e.message))?;
    let mut out: Vec<String> = Vec::new();
    let mut next = Some(network.base);
    for position in 1..args.len() {
        let refused = |message: String| FunctionError::arg(position, message);
        let new_bits = whole(args, position).map_err(|e| refused(e.message))?;
        if new_bits < 1 {
            return Err(refused("must extend prefix by at least one bit".into()));
        }
        if new_bits > 32 {
            return Err(refused("may not extend prefix by more than 32 bits".into()));
        }
        let prefix = network.prefix + u32::try_from(new_bits).unwrap_or(32);
        if prefix > network.bits {
            let version = if network.bits == 32 { 4 } else { 6 };
            let message =
                format!("would extend prefix to {prefix} bits, which is too long for an IPv{version} address");
            return Err(refused(message));
        }
        let size_mask = low_bits(network.bits - prefix);
        let base = next
            .and_then(|at| at.checked_add(size_mask))
            .map(|at| at & !size_mask)
            .filter(|at| *at <= network.last());
        let Some(base) = base else {
            let after = out.last().cloned().unwrap_or_else(|| network.to_string());
            let message =
                format!("not enough remaining address space for a subnet with a prefix of {prefix} bits after {after}");
            return Err(refused(message));
        };
        let subnet = Network {
            base,
            prefix,
            ..network
        };
        next = subnet.last().checked_add(1);
        out.push(subnet.to_string());
    }
    Ok(string_list(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_and_masked() {
        for (source, want) in [
            ("10.1.2.3/8", Some("10.0.0.0/8")),
            ("010.0.0.1/32", Some("10.0.0.1/32")),
            ("1.2.3.4/0", Some("0.0.0.0/0")),
            ("fd00:1::5/16", Some("fd00::/16")),
            ("::1/128", Some("::1/128")),
            ("::/0", Some("::/0")),
            ("10.0.0.0/33", None),
            ("10.0.0.0/", None),
            ("10.0.0.0/+8", None),
            ("10.0.0/8", None),
            ("256.0.0.0/8", None),
            ("::1/129", None),
            ("10.0.0.0", None),
        ] {
            assert_eq!(parse(source).map(|n| n.to_string()).as_deref(), want, "{source}");
        }
    }
}
