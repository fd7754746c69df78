// Draws the pictures of docs/PAGE.md, of a server that has worked for an hour.
//
// usage: node pictures.mjs FOLDER_OF_PACKAGES URL MODEL FOLDER_OF_PICTURES
//
// The packages are those of page_test.

import {createRequire} from "node:module";
import {join} from "node:path";

const [packages, url, model, folder] = process.argv.slice(2);
const {chromium} = createRequire(join(packages, "package.json"))("playwright-core");
const browser = await chromium.launch({executablePath: "/usr/bin/chromium",
                                       args: ["--no-sandbox", "--disable-dev-shm-usage"]});
for (const [name, hash, options] of [
  ["page-models", "", {viewport: {width: 1280, height: 420}, colorScheme: "light"}],
  ["page-model", `#/models/${model}`, {viewport: {width: 1280, height: 1720}, colorScheme: "light"}],
  ["page-phone", `#/models/${model}`, {viewport: {width: 390, height: 1300}, colorScheme: "dark"}]]) {
  const page = await browser.newPage(options);
  await page.goto(`${url}/${hash}`);
  await page.locator("#light.live").waitFor();
  await page.waitForLoadState("networkidle");
  await page.screenshot({path: join(folder, `${name}.png`)});
  await page.close();
}
await browser.close();
