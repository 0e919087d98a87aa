import { Counter, type CounterConfiguration, type Registry } from 'prom-client';

/** A counter whose total somebody else keeps: set, not incremented. */
export function totalCounter<Label extends string>(
  store: Registry,
  configuration: CounterConfiguration<Label>,
): (labels: Partial<Record<Label, string | number>>, total: number) => void {
  const counter = new Counter<Label>({ ...configuration, registers: [store] });
  return (labels, total) => {
    counter.remove(labels);
    counter.inc(labels, total);
  };
}
