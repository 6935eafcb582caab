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
    { id: 'csa-star', name: 'CSA STAR', description: 'Cloud Security Alliance registry: self-assessed or certified.' },
    { certified: 10, 'self-assessed': 6, none: 0 },
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
];
