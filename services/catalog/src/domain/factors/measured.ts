import { FactorGroup } from '#contracts';
import { factorsOf, type FactorDefinition } from './definition.js';

const { good, fact } = factorsOf(FactorGroup.SECURITY);

/** What can be measured from outside beside the factors of the published questionnaires. */
export const measuredFactors: readonly FactorDefinition[] = [
  good({
    id: 'header-referrer-policy',
    name: 'Referrer-Policy',
    description: 'The HTTP header is sent, so that other sites do not learn the addresses users come from.',
    importance: 1,
  }),
  good({
    id: 'security-txt',
    name: 'security.txt',
    description: 'The site says in /.well-known/security.txt (RFC 9116) whom to tell of vulnerabilities.',
    importance: 1,
  }),
  fact(
    { id: 'certificate-issuer', name: 'Certificate issuer', description: 'Who issued the certificate of the site.' },
    'text',
  ),
  fact(
    { id: 'certificate-expiry', name: 'Certificate expiry', description: 'The day on which the certificate ends.' },
    'date',
  ),
];
