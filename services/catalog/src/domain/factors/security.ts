import { FactorGroup } from '#contracts';
import { factorsOf, type FactorDefinition } from './definition.js';

const { good, bad, flag, choice, bestOf, amount, age, fact } = factorsOf(FactorGroup.SECURITY);

export const securityFactors: readonly FactorDefinition[] = [
  good({
    id: 'mfa',
    name: 'Multi-factor sign-in',
    description: 'Users can protect sign-in with a second factor.',
    importance: 8,
  }),
  bestOf(
    {
      id: 'mfa-methods',
      name: 'Strongest second factor',
      description: 'The kinds of second factor on offer. Keys resist phishing; texts and calls do not.',
    },
    {
      u2f: 10,
      passkey: 10,
      'custom-hardware': 9,
      totp: 8,
      'custom-software': 7,
      email: 4,
      sms: 3,
      call: 3,
    },
  ),
  good({
    id: 'saml-sso',
    name: 'Single sign-on',
    description: 'Companies can sign in through their own identity provider (SAML or OIDC).',
    importance: 4,
  }),
  choice(
    {
      id: 'sso-price',
      name: 'Single sign-on price',
      description: 'Whether single sign-on costs extra; where it does, it tends to stay off.',
      importance: 1,
    },
    { included: 10, surcharge: 3 },
  ),
  good({
    id: 'scim',
    name: 'User provisioning',
    description: 'Accounts can be created and closed from the directory (SCIM).',
  }),
  age(
    {
      id: 'latest-breach',
      name: 'Latest breach',
      description: 'Day of the most recent publicly known data breach. Unknown when none is on record.',
      importance: 4,
    },
    'date',
    [
      [0, 0],
      [2, 2],
      [5, 4],
      [10, 7],
      [15, 8],
    ],
  ),
  amount(
    {
      id: 'breached-accounts',
      name: 'Accounts breached',
      description: 'How many accounts the publicly known breaches exposed.',
      unit: 'accounts',
    },
    [
      [10_000, 7],
      [100_000, 6],
      [1_000_000, 4],
      [10_000_000, 2],
      [100_000_000, 0],
    ],
  ),
  choice(
    {
      id: 'plaintext-passwords',
      name: 'Plain-text passwords',
      description: 'Whether the app was caught sending or storing passwords in plain text.',
      importance: 4,
    },
    { never: 10, reformed: 6, yes: 0 },
  ),
  good({
    id: 'vulnerability-disclosure',
    name: 'Vulnerability disclosure',
    description: 'There is a published way to report vulnerabilities.',
  }),
  good({ id: 'bug-bounty', name: 'Bug bounty', description: 'Finders of vulnerabilities are paid.', importance: 1 }),
  choice(
    {
      id: 'safe-harbor',
      name: 'Safe harbor',
      description: 'Whether researchers who report in good faith are protected from legal action.',
      importance: 1,
    },
    { full: 10, partial: 6, none: 0 },
  ),
  good({ id: 'api-https', name: 'API over HTTPS', description: 'The public API is served over TLS.' }),
  fact(
    { id: 'api-auth', name: 'API authentication', description: 'How callers of the public API identify themselves.' },
    'text',
  ),
  good({ id: 'encryption-at-rest', name: 'Encryption at rest', description: 'Stored data is encrypted.' }),
  choice(
    {
      id: 'encryption-at-rest-method',
      name: 'Encryption method at rest',
      description: 'The cipher that protects stored data. DES and RC4 can be broken; 3DES and Blowfish are outdated.',
    },
    { aes: 10, bitlocker: 10, rsa: 8, blowfish: 5, '3des': 3, des: 1, rc4: 1, none: 0 },
  ),
  choice(
    { id: 'tls-version', name: 'TLS version', description: 'Best TLS version the app offers.' },
    { 'tls1.3': 10, 'tls1.2': 8, 'tls1.1': 2, 'tls1.0': 1, none: 0 },
  ),
  good({
    id: 'trusted-certificate',
    name: 'Trusted certificate',
    description: 'The certificate chains to a root that browsers trust.',
  }),
  good({
    id: 'valid-certificate-name',
    name: 'Valid certificate name',
    description: 'The certificate is made out to the host that presents it.',
  }),
  good({
    id: 'drown-protected',
    name: 'Protected against DROWN',
    description: 'No server of the app still speaks SSL 2, which would let recorded traffic be decrypted.',
    importance: 1,
  }),
  good({ id: 'header-csp', name: 'Content-Security-Policy', description: 'The HTTP header is sent.', importance: 1 }),
  good({
    id: 'header-hsts',
    name: 'Strict-Transport-Security',
    description: 'The HTTP header is sent.',
    importance: 1,
  }),
  good({
    id: 'header-nosniff',
    name: 'X-Content-Type-Options',
    description: 'The HTTP header is sent.',
    importance: 1,
  }),
  good({ id: 'header-frame-options', name: 'X-Frame-Options', description: 'The HTTP header is sent.', importance: 1 }),
  good({
    id: 'header-xss-protection',
    name: 'X-XSS-Protection',
    description: 'The HTTP header is sent. Browsers no longer heed it, so it is ignored unless you weigh it.',
    importance: 0,
  }),
  good({
    id: 'admin-audit-trail',
    name: 'Admin audit trail',
    description: 'Actions of administrators are logged for the customer.',
  }),
  good({
    id: 'user-audit-trail',
    name: 'User audit trail',
    description: 'Actions of users are logged for the customer.',
  }),
  good({
    id: 'data-audit-trail',
    name: 'Data audit trail',
    description: 'Who read or changed which data is logged for the customer.',
  }),
  good({
    id: 'data-classification',
    name: 'Data classification',
    description: 'What users put in can be labelled by how sensitive it is.',
    importance: 1,
  }),
  fact(
    { id: 'data-upload', name: 'Data upload', description: 'Users can put data of their own into the app.' },
    'bool',
  ),
  fact({ id: 'file-sharing', name: 'File sharing', description: 'Users can share files with others.' }, 'bool'),
  good({
    id: 'ip-restriction',
    name: 'IP restriction',
    description: 'Access can be limited to addresses of the company.',
  }),
  good({ id: 'user-roles', name: 'User roles', description: 'Users can be given different rights.' }),
  good({
    id: 'penetration-testing',
    name: 'Penetration testing',
    description: 'The provider has the app tested by outsiders.',
  }),
  good({
    id: 'password-policy',
    name: 'Password policy',
    description: 'Passwords have to meet rules that follow good practice.',
  }),
  good({
    id: 'password-length',
    name: 'Password length',
    description: 'Short passwords are refused.',
    importance: 1,
  }),
  good({
    id: 'password-characters',
    name: 'Password characters',
    description: 'A mix of kinds of characters is asked for.',
    importance: 1,
  }),
  good({
    id: 'password-expiry',
    name: 'Password change period',
    description:
      'Passwords must be changed after a time. Ignored unless you weigh it: NIST SP 800-63B advises against.',
    importance: 0,
  }),
  good({
    id: 'password-reuse',
    name: 'Password history',
    description: 'Passwords that were used before are refused.',
    importance: 1,
  }),
  good({
    id: 'password-personal-data',
    name: 'Personal data in passwords',
    description: 'Passwords that contain the name or address of the user are refused.',
    importance: 1,
  }),
  flag(
    {
      id: 'remember-password',
      name: 'Remembers passwords',
      description: 'Users can have the sign-in page keep their password, so whoever holds the device is let in.',
      importance: 1,
    },
    { true: 3, false: 10 },
  ),
  flag(
    {
      id: 'anonymous-use',
      name: 'Anonymous use',
      description: 'The app can be used without signing in, so nobody sees who did what.',
    },
    { true: 0, false: 10 },
  ),
  bad({
    id: 'public-sharing',
    name: 'Public sharing by default',
    description: 'What users create is visible to everyone unless they change it.',
  }),
];
