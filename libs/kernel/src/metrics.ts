import { Injectable } from '@nestjs/common';
import {
  Counter,
  Gauge,
  Histogram,
  Registry,
  collectDefaultMetrics,
  type CounterConfiguration,
  type GaugeConfiguration,
  type HistogramConfiguration,
} from 'prom-client';

/** The process's Prometheus metrics. Asking for a metric by a name that exists answers the existing one. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry, prefix: 'gnomon_' });
  }

  counter<T extends string>(configuration: CounterConfiguration<T>): Counter<T> {
    return (
      this.existing<Counter<T>>(configuration.name) ?? new Counter({ ...configuration, registers: [this.registry] })
    );
  }

  gauge<T extends string>(configuration: GaugeConfiguration<T>): Gauge<T> {
    return this.existing<Gauge<T>>(configuration.name) ?? new Gauge({ ...configuration, registers: [this.registry] });
  }

  histogram<T extends string>(configuration: HistogramConfiguration<T>): Histogram<T> {
    return (
      this.existing<Histogram<T>>(configuration.name) ?? new Histogram({ ...configuration, registers: [this.registry] })
    );
  }

  /** All metrics in the Prometheus text format. */
  render(): Promise<string> {
    return this.registry.metrics();
  }

  private existing<M>(name: string): M | undefined {
    return this.registry.getSingleMetric(name) as M | undefined;
  }
}
