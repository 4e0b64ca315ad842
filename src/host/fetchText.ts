import { get } from 'node:http';

/** Body of a GET with status 200. Rejects with one clear line otherwise, and when nothing comes in `timeoutMs`. */
export function fetchText(url: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString('utf8'));
        else reject(new Error(`${url} answers ${response.statusCode}`));
      });
    });
    request.on('error', reject);
  });
}
