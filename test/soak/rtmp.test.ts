import { expect, test } from 'vitest';
import { restream } from '../fixtures/egress/restream.ts';
import { hasNginxRtmp, NginxRtmp, NodeMediaServer } from '../fixtures/egress/rtmp-server.ts';

test.skipIf(!hasNginxRtmp)(
  'nginx-rtmp and node-media-server get picture and sound in sync for 5 minutes, through a publisher reconnect',
  async () => {
    await using nginx = await NginxRtmp.open();
    await using other = await NodeMediaServer.open();

    for (const { report, connections, codecs, errors, delays } of await restream([nginx, other], 300)) {
      expect(report).toMatchObject({ state: { name: 'running' }, details: { attempts: 1, warnings: [] } });
      expect([connections, codecs.toSorted(), errors]).toEqual([1, ['aac', 'h264'], '']);
      expect(delays.length).toBeGreaterThan(300 - 10); // the beginning, the hole, the end
      expect(delays.filter((late) => Math.abs(late) > 40).length).toBeLessThanOrEqual(1); // where the hole begins, it looks like a flash
    }
  },
);
