import { describe, expect, it } from '@jest/globals';
import { modelsDev } from '../models-dev.js';
import { readSample } from './sample.js';

describe('models.dev', () => {
  it('claims the host of an API, and only looks at the one of its documentation', () => {
    const { rows, problems } = readSample(modelsDev, 'models-dev.json');
    expect(rows).toEqual([
      {
        name: 'Sample Labs',
        rules: ['api.samplelabs.ai'],
        about: ['docs.samplelabs.ai'],
        category: 'AI_MODEL_PROVIDER',
        aiKind: 'MODEL_PROVIDER_API',
        vendor: '',
        facts: { 'open-weights': 'true' },
      },
      expect.objectContaining({ name: 'Tenanted', rules: [], about: ['tenantedsample.com'], facts: {} }),
    ]);
    expect(problems).toEqual([{ line: 17, reason: expect.stringContaining('is an address, not a name') }]);
  });
});
