/**
 * The C library that this process runs on.
 *
 * @returns {{ name: 'glibc' | 'musl' | 'other', version: string }}
 */
export function libcOf() {
  if (process.platform !== 'linux') return { name: 'other', version: '' };
  Object.assign(process.report, { excludeNetwork: true }); // or it asks the DNS
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (/** @type {unknown} */ (process.report.getReport()));
  const version = report.header.glibcVersionRuntime;
  return version ? { name: 'glibc', version } : { name: 'musl', version: '' };
}
