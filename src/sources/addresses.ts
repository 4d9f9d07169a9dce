import { BlockList, isIP } from 'node:net'

/**
 * How far away an IP address is. `public`: anyone's. `private`: this machine or its network. `never`: nothing that
 * may be read is there (link-local with the clouds' metadata service, multicast, documentation, tunnels).
 */
export type Reach = 'public' | 'private' | 'never'

const privateV4 = ['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']
const privateV6 = ['::1/128', 'fc00::/7']

/** What is left of the IANA IPv4 special-purpose registry. */
const neverV4 = [
  '0.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]

/** Of IPv6 only global unicast is public, less these: protocol assignments, documentation, 6to4, AS112. */
const globalV6 = ['2000::/3']
const neverV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20']

/** Makes the rule that tells how far away an IP address is; what is no IP address is `never`. */
export function createReach(): (address: string) => Reach {
  // A list of IPv4 ranges also matches the same addresses mapped into IPv6 (::ffff:127.0.0.1).
  const nearV4 = listOf(privateV4)
  const nearV6 = listOf(privateV6)
  const badV4 = listOf(neverV4)
  const badV6 = listOf(neverV6)
  const global = listOf(globalV6)
  const mapped = listOf(['::ffff:0:0/96'])
  return (address) => {
    const family = isIP(address)
    if (family === 0 || address.includes('%')) return 'never'
    if (family === 4 || mapped.check(address, 'ipv6')) {
      const type = family === 4 ? 'ipv4' : 'ipv6'
      if (nearV4.check(address, type)) return 'private'
      return badV4.check(address, type) ? 'never' : 'public'
    }
    if (nearV6.check(address, 'ipv6')) return 'private'
    if (!global.check(address, 'ipv6') || badV6.check(address, 'ipv6')) return 'never'
    // ISATAP carries an IPv4 address behind 5efe in a prefix of anyone's choice (RFC 5214).
    return /:5efe:[\da-f]{1,4}:[\da-f]{1,4}$/iu.test(address) ? 'never' : 'public'
  }
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', bits] = range.split('/')
    list.addSubnet(network, Number(bits), isIP(network) === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}
