import { describe, expect, it } from '@jest/globals';
import { KafkaSettings } from '#event-log';
import { brokersOf } from '../src/kafka/kafka.config.js';

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
});
