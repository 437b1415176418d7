// Asks the tracker, OpenFeature providers and a GrowthBook SDK about the same visitors and prints what each said.
// stdin: {url, token, flags: [key], visit, from, count, sweep, sticky}; stdout: {answers: [{visitor, flag, …}], sticky}
// A sweep asks only clients that decide many flags at once: the web provider, by one request for each visitor, and the SDK by itself.
import {readFileSync} from 'node:fs';
import {OpenFeature} from '@openfeature/server-sdk';
import {OpenFeature as WebOpenFeature} from '@openfeature/web-sdk';
import {OFREPProvider} from '@openfeature/ofrep-provider';
import {OFREPWebProvider} from '@openfeature/ofrep-web-provider';
import {GrowthBook, StickyBucketService} from '@growthbook/growthbook';

const job = JSON.parse(readFileSync(0, 'utf8'));

const options = {baseUrl: job.url, headers: [['Authorization', `Bearer ${job.token}`]]};
await OpenFeature.setProviderAndWait(new OFREPProvider(options));
const client = OpenFeature.getClient();

// Memory is a sticky bucket service that outlives a client, as a cookie or Redis would.
class Memory extends StickyBucketService {
  docs = new Map(Object.entries(job.sticky ?? {}));
  async getAssignments(name, value) { return this.docs.get(`${name}||${value}`) ?? null; }
  async saveAssignments(doc) { this.docs.set(`${doc.attributeName}||${doc.attributeValue}`, doc); }
}
const memory = new Memory();

const first = new GrowthBook({apiHost: job.url, clientKey: job.token});
const loaded = await first.init();
if (!loaded.success) throw new Error(`payload: ${loaded.error}`);
const payload = first.getPayload();

const {url, utm, device} = job.visit;
const attributes = visitor => ({id: visitor, url, deviceType: device, utmSource: utm.source});

async function assign(flag, visitor) {
  const answer = await fetch(`${job.url}/api/v1/tracker/assign`, {
    method: 'POST', headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({installation_token: job.token, experiment: flag, visitor_id: visitor, context: job.visit}),
  });
  const body = await answer.json();
  return body.assigned ? body.variant.key : null;
}

async function ask(visitor) {
  const plain = new GrowthBook({attributes: attributes(visitor)}).initSync({payload});
  const sticky = new GrowthBook({attributes: attributes(visitor), stickyBucketService: memory});
  await sticky.init({payload});
  const out = [];
  for (const flag of job.flags) {
    const growthbook = plain.getFeatureValue(flag, null);
    const stuck = sticky.getFeatureValue(flag, null);
    const ofrep = await client.getStringDetails(flag, 'error', {targetingKey: visitor, ...job.visit});
    out.push({visitor, flag, asked: true, assign: await assign(flag, visitor), ofrep: ofrep.value, reason: ofrep.reason, growthbook, sticky: stuck});
  }
  await new Promise(resolve => setTimeout(resolve)); // sticky buckets are saved in the background
  plain.destroy();
  sticky.destroy();
  return out;
}

// sweeper has a provider of its own, since a provider of the web knows one visitor at a time.
async function sweeper(lane) {
  const domain = `lane-${lane}`;
  await WebOpenFeature.setContext(domain, {targetingKey: 'nobody'});
  await WebOpenFeature.setProviderAndWait(domain, new OFREPWebProvider({...options, pollInterval: 0}));
  const web = WebOpenFeature.getClient(domain);
  return async visitor => {
    await WebOpenFeature.setContext(domain, {targetingKey: visitor, ...job.visit});
    const plain = new GrowthBook({attributes: attributes(visitor)}).initSync({payload});
    const out = job.flags.map(flag => {
      const {value, reason} = web.getStringDetails(flag, 'error');
      return {visitor, flag, ofrep: value, reason, growthbook: plain.getFeatureValue(flag, null)};
    });
    plain.destroy();
    return out;
  };
}

const answers = [];
const lanes = 16;
await Promise.all(Array.from({length: lanes}, async (_, lane) => {
  const answer = job.sweep ? await sweeper(lane) : ask;
  for (let i = job.from + lane; i < job.from + job.count; i += lanes) answers.push(...await answer(`visitor-${i}`));
}));
process.stdout.write(JSON.stringify({answers, sticky: Object.fromEntries(memory.docs)}), () => process.exit(0));
