import { describe, expect, it } from '@jest/globals';
import { KafkaSettings } from '#event-log';
import { accessOf, brokersOf } from '../src/kafka/kafka.config.js';

describe('the settings of Kafka', () => {
  it('stay out of the way unless Kafka is asked for', () => {
    expect(KafkaSettings.load({}).driver).toBe('postgres');
  });

  it('name the setting that is missing when no broker is named', () => {
    const settings = KafkaSettings.load({ GNOMON_EVENT_LOG: 'kafka', GNOMON_KAFKA_BROKERS: ' ,' });
    expect(() => brokersOf(settings)).toThrow(/^GNOMON_KAFKA_BROKERS: /);
  });

  it('name the setting that is wrong', () => {
    expect(() => KafkaSettings.load({ GNOMON_EVENT_LOG: 'redis' })).toThrow(/^GNOMON_EVENT_LOG: /);
  });

  it('read several brokers', () => {
    const settings = KafkaSettings.load({ GNOMON_KAFKA_BROKERS: 'a:9092, b:9092' });
    expect(brokersOf(settings)).toEqual(['a:9092', 'b:9092']);
  });

  it.each([
    [{ GNOMON_KAFKA_USERNAME: 'u' }, /^GNOMON_KAFKA_PASSWORD: /],
    [{ GNOMON_KAFKA_PASSWORD: 'never-shown' }, /^GNOMON_KAFKA_USERNAME: (?!.*never-shown)/],
    [{ GNOMON_KAFKA_CA_FILE: 'package.json' }, /^GNOMON_KAFKA_TLS: /],
    [{ GNOMON_KAFKA_TLS: 'true', GNOMON_KAFKA_CA_FILE: 'package.json' }, /^GNOMON_KAFKA_CA_FILE: .*no certificate/],
    [{ GNOMON_KAFKA_TLS: 'true', GNOMON_KAFKA_CA_FILE: '/not/there' }, /^GNOMON_KAFKA_CA_FILE: .*ENOENT/],
  ])('name the setting that does not go with the others: %j', (environment, message) => {
    const settings = KafkaSettings.load({ GNOMON_KAFKA_BROKERS: 'a:9092', ...environment });
    expect(() => accessOf(settings)).toThrow(message);
  });

  it('ask a broker for its certificate by name, but not by address', () => {
    const tls = { GNOMON_KAFKA_TLS: 'true' };
    expect(accessOf(KafkaSettings.load({ ...tls, GNOMON_KAFKA_BROKERS: 'a:9092,b.example' })).tlsServerName).toBe(true);
    for (const brokers of ['a:9092,10.0.0.1:9092', '[::1]:9092']) {
      expect(accessOf(KafkaSettings.load({ ...tls, GNOMON_KAFKA_BROKERS: brokers })).tlsServerName).toBe(false);
    }
  });
});
