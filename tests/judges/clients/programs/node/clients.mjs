// OpenAI's client, the AI SDK and LangChain for JavaScript, with nothing but the address changed.
import { generateObject, generateText, stepCountIs, streamText, tool } from 'ai'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { ChatOpenAI } from '@langchain/openai'
import OpenAI from 'openai'
import { z } from 'zod'

const baseURL = process.env.OPENAI_BASE_URL, apiKey = 'any', model = '4.0Ultra'
const HELLO = '你好', WORLD = '你好，世界。', WEATHER = '合肥今天的天气怎么样？', SUNNY = '合肥晴。'
const person = z.object({ name: z.string(), age: z.number().int() })
const same = (seen, expected) => {
  const [a, b] = [seen, expected].map(value => JSON.stringify(value))
  if (a !== b) throw new Error(`${a} in place of ${b}`)
}
const step = async (name, work) => {
  let problem = ''
  try { await work() } catch (error) { problem = String(error); console.error(error) }
  console.log('STEP ' + JSON.stringify([name, problem]))
}

const openai = new OpenAI({ baseURL, apiKey, maxRetries: 0 })
const asked = { model, messages: [{ role: 'user', content: HELLO }] }
await step('openai chat', async () =>
  same((await openai.chat.completions.create(asked)).choices[0].message.content, WORLD))
await step('openai stream', async () => {
  let text = ''
  for await (const chunk of await openai.chat.completions.create({ ...asked, stream: true }))
    text += chunk.choices[0]?.delta.content ?? ''
  same(text, WORLD)
})
await step('openai runTools', async () => {
  const get_weather = {
    type: 'function',
    function: {
      name: 'get_weather', description: '今天的天气', parse: JSON.parse,
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
      function: ({ city }) => `${city}：晴`,
    },
  }
  const messages = [{ role: 'user', content: WEATHER }]
  same(await openai.chat.completions.runTools({ model, messages, tools: [get_weather] }).finalContent(), SUNNY)
})
await step('openai vectors', async () => {
  const { data } = await openai.embeddings.create({ model: 'spark-embedding', input: ['甲'] })
  same(data[0].embedding.length, 2560)
})

const compatible = createOpenAICompatible({ name: 'spark', baseURL, apiKey, supportsStructuredOutputs: true })
const sdks = { 'openai-compatible': compatible.chatModel(model), 'openai.chat': createOpenAI({ baseURL, apiKey }).chat(model) }
for (const [name, sdk] of Object.entries(sdks)) {
  const get_weather = tool({
    description: '今天的天气', inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => `${city}：晴`,
  })
  await step(`${name} generateText with a seed`, async () =>
    same((await generateText({ model: sdk, prompt: HELLO, seed: 7 })).text, WORLD))
  await step(`${name} streamText`, async () => same(await streamText({ model: sdk, prompt: HELLO }).text, WORLD))
  await step(`${name} tools`, async () =>
    same((await generateText({ model: sdk, prompt: WEATHER, tools: { get_weather }, stopWhen: stepCountIs(3) })).text, SUNNY))
  await step(`${name} generateObject`, async () =>
    same((await generateObject({ model: sdk, schema: person, prompt: '张三今年 30 岁。' })).object, { name: '张三', age: 30 }))
}
await step('openai default of the AI SDK', async () =>
  same((await generateText({ model: createOpenAI({ baseURL, apiKey })(model), prompt: HELLO, maxRetries: 0 })).text, WORLD))

const langchain = new ChatOpenAI({ model, apiKey, configuration: { baseURL }, maxRetries: 0 })
await step('langchain chat', async () => same((await langchain.invoke(HELLO)).text, WORLD))
await step('langchain structured', async () =>
  same(await langchain.withStructuredOutput(person).invoke('张三今年 30 岁。'), { name: '张三', age: 30 }))
