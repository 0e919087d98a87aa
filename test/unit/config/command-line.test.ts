import { expect, test } from 'vitest';
import { parseCommandLine } from '../../../src/config/command-line.ts';

test.for([
  [[], { name: 'run', configFile: undefined }],
  [['--config', 'a.yaml'], { name: 'run', configFile: 'a.yaml' }],
  [['--config=a.yaml', '--print-config'], { name: 'print-config', configFile: 'a.yaml' }],
  [['--doctor'], { name: 'doctor', configFile: undefined }],
  [['--version'], { name: 'version' }],
  [['--help', '--version'], { name: 'help' }],
] as const)('%j asks for %j', ([args, command]) => {
  expect(parseCommandLine(args)).toEqual(command);
});

test.for([[['--port', '80']], [['file.yaml']], [['--config']]] as const)('%j is refused', ([args]) => {
  expect(() => parseCommandLine(args)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
});
