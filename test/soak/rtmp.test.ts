import { expect, test } from 'vitest';
import { faultsOf, restream } from '../fixtures/egress/restream.ts';
import { hasNginxRtmp, NginxRtmp, NodeMediaServer } from '../fixtures/egress/rtmp-server.ts';

test.skipIf(!hasNginxRtmp)(
  'nginx-rtmp and node-media-server get what a publisher sends in sync for 5 minutes, also after it comes back',
  async () => {
    await using nginx = await NginxRtmp.open();
    await using other = await NodeMediaServer.open();
    for (const restreamed of await restream([nginx, other], 300)) expect(faultsOf(restreamed, 300)).toEqual([]);
  },
);
