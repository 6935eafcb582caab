import { FactorGroup } from '#contracts';
import { factorsOf, type FactorDefinition } from './definition.js';

const { good, choice } = factorsOf(FactorGroup.COMPLIANCE);

export const complianceFactors: readonly FactorDefinition[] = [
  good({ id: 'soc1', name: 'SOC 1', description: 'Report on controls over financial reporting.', importance: 1 }),
  good({ id: 'soc2', name: 'SOC 2', description: 'Independent report on security controls.', importance: 8 }),
  good({ id: 'soc3', name: 'SOC 3', description: 'Public summary of a SOC 2 report.', importance: 1 }),
  good({ id: 'iso27001', name: 'ISO 27001', description: 'Certified information security management.', importance: 8 }),
  good({ id: 'iso27017', name: 'ISO 27017', description: 'Security controls for cloud services.' }),
  good({ id: 'iso27018', name: 'ISO 27018', description: 'Protection of personal data in public clouds.' }),
  good({ id: 'iso27701', name: 'ISO 27701', description: 'Certified privacy management.' }),
  good({ id: 'iso22301', name: 'ISO 22301', description: 'Certified business continuity management.', importance: 1 }),
  good({ id: 'pci-dss', name: 'PCI DSS', description: 'Payment card data security.', importance: 1 }),
  choice(
    {
      id: 'pci-dss-version',
      name: 'PCI DSS version',
      description: 'The version of the payment card standard that is met. Versions before 4.0 have been retired.',
      importance: 1,
    },
    { '4.0.1': 10, '4.0': 9, '3.2.1': 6, '3.2': 5, '3.1': 4, '3': 3, '2': 2, '1': 1, none: 0 },
  ),
  good({
    id: 'hipaa',
    name: 'HIPAA',
    description: 'Can be used for US health information (business associate agreement).',
  }),
  good({ id: 'hitrust', name: 'HITRUST CSF', description: 'Certified against the HITRUST framework.', importance: 1 }),
  choice(
    { id: 'fedramp', name: 'FedRAMP', description: 'Authorisation for US federal agencies.', importance: 4 },
    { high: 10, moderate: 10, low: 8, authorized: 10, ready: 7, 'in-process': 5, none: 0 },
  ),
  choice(
    {
      id: 'csa-star',
      name: 'CSA STAR',
      description: 'Cloud Security Alliance registry: self-assessed, or looked at by others.',
    },
    { continuous: 10, certified: 10, attested: 10, 'c-star': 10, 'self-assessed': 6, none: 0 },
    ['listed'],
  ),
  good({ id: 'fisma', name: 'FISMA', description: 'US federal information security law.', importance: 1 }),
  good({
    id: 'nist-800-171',
    name: 'NIST 800-171',
    description: 'Protection of controlled unclassified information.',
    importance: 1,
  }),
  good({ id: 'bsi-c5', name: 'BSI C5', description: 'German criteria for cloud services.' }),
  good({
    id: 'tisax',
    name: 'TISAX',
    description: 'Information security assessment of the car industry.',
    importance: 1,
  }),
  good({ id: 'cyber-essentials', name: 'Cyber Essentials', description: 'UK baseline certificate.', importance: 1 }),
  good({ id: 'irap', name: 'IRAP', description: 'Australian government assessment.', importance: 1 }),
  good({ id: 'ferpa', name: 'FERPA', description: 'US student records.', importance: 1 }),
  good({
    id: 'data-privacy-framework',
    name: 'Data Privacy Framework',
    description: 'Self-certified for transfers from the EU to the US.',
  }),
  good({
    id: 'nist-800-53',
    name: 'NIST SP 800-53',
    description: 'The US federal catalog of security and privacy controls is applied.',
  }),
  good({
    id: 'iso27002',
    name: 'ISO 27002',
    description: 'Guidelines for security controls are followed.',
    importance: 1,
  }),
  good({
    id: 'isae3402',
    name: 'ISAE 3402',
    description: 'International assurance report on the controls of a service provider.',
    importance: 1,
  }),
  good({
    id: 'ssae16',
    name: 'SSAE 16 or 18',
    description: 'US attestation on the controls of a service provider; SSAE 18 has taken the place of 16.',
    importance: 1,
  }),
  good({
    id: 'sox',
    name: 'SOX',
    description: 'US law on the accounts of listed companies is supported.',
    importance: 1,
  }),
  good({
    id: 'gaap',
    name: 'GAAP',
    description: 'Generally accepted accounting principles are followed.',
    importance: 1,
  }),
  good({ id: 'cobit', name: 'COBIT', description: 'IT is governed by the COBIT framework.', importance: 1 }),
  good({
    id: 'gapp',
    name: 'GAPP',
    description: 'The generally accepted privacy principles of the accountants are met.',
    importance: 1,
  }),
  good({ id: 'glba', name: 'GLBA', description: 'US privacy law for customers of banks and insurers.', importance: 1 }),
  good({
    id: 'ffiec',
    name: 'FFIEC',
    description: 'Guidance of the US bank supervisors on sign-in and online banking is followed.',
    importance: 1,
  }),
  good({
    id: 'finra',
    name: 'FINRA',
    description: 'Rules for US brokers, such as keeping their correspondence, can be met.',
    importance: 1,
  }),
  good({ id: 'itar', name: 'ITAR', description: 'US export control of defence goods and data.', importance: 1 }),
  good({ id: 'coppa', name: 'COPPA', description: 'US law on the online privacy of children.', importance: 1 }),
  good({
    id: 'privacy-shield',
    name: 'Privacy Shield',
    description: 'Was listed under the EU-US framework that a court ended in 2020. Ignored unless you weigh it.',
    importance: 0,
  }),
  good({
    id: 'jericho-forum',
    name: 'Jericho Forum Commandments',
    description: 'Principles for security without a perimeter, of 2006. Ignored unless you weigh it.',
    importance: 0,
  }),
];
