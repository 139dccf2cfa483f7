"""The curl commands of the older gateway's README, as they stand there."""

from __future__ import annotations

PICTURE = "https://pbs.twimg.com/media/F_c_hrGWcAA3w0p?format=jpg&name=medium"

OPENAI_VISION = """curl https://api.openai.com/v1/chat/completions \\
  -H "Content-Type: application/json" \\
  -H "Authorization: Bearer $OPENAI_API_KEY" \\
  -d '{
    "model": "gpt-4-vision-preview",
    "messages": [
      {
        "role": "user",
        "content": [
          {
            "type": "image_url",
            "image_url": {
                "url": "https://pbs.twimg.com/media/F_c_hrGWcAA3w0p?format=jpg&name=medium"
            }
          },
          {
            "type": "text",
            "text": "这张图里的标志是什么？"
          }
        ]
      }
    ],
    "max_tokens": 300
  }'"""

VISION = """curl --location 'http://localhost:8000/v1/chat/completions' \\
  -H 'X_APP_ID: 123456' \\
  -H 'X_API_SECRET: 123456' \\
  -H 'X_API_KEY: 123456' \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "vision",
    "messages": [
      {
        "role": "user",
        "content": [
          {
            "type": "image_url",
            "image_url": {
                "url": "https://pbs.twimg.com/media/F_c_hrGWcAA3w0p?format=jpg&name=medium"
            }
          },
          {
            "type": "text",
            "text": "这张图里的标志是什么？"
          }
        ]
      }
    ],
    "max_tokens": 300
  }'"""

TEXT = """curl --location 'http://localhost:8000/v1/chat/completions' \\
        --header 'X_APP_ID: 123456' \\
        --header 'X_API_SECRET: 123456' \\
        --header 'X_API_KEY: 123456' \\
        --header 'Content-Type: application/json' \\
        --data '{
            "messages": [
                {
                    "role": "user",
                    "content": "大语言模型的理论基础是什么？"
                }
            ],
            "model": "spark-api",
            "max_tokens": null,
            "stream": false,
            "n": 1,
            "temperature": 0.7,
            "version": "v2.1"
        }'"""

HOSTED_TEXT = """curl --location 'https://sparkai-gateway.vercel.app/v1/chat/completions' \\
--header 'X_APP_ID: 123456' \\
--header 'X_API_SECRET: 123456' \\
--header 'X_API_KEY: 123456' \\
--header 'Content-Type: application/json' \\
--data '{
    "messages": [
        {
            "role": "user",
            "content": "大语言模型的理论基础是什么？"
        }
    ],
    "model": "spark-api",
    "max_tokens": null,
    "stream": false,
    "n": 1,
    "temperature": 0.7,
    "version": "v2.1"
}'"""

MALFORMED = """curl --location 'https://sparkai-gateway.vercel.app/v1/chat/completions' \\
--header 'X_APP_ID: 123456' \\
--header 'X_API_SECRET: 123456' \\
--header 'X_API_KEY: 123456' \\
--header 'Content-Type: application/json' \\
--data '{
    {
        "model": "vision",
        "messages": [
            {
                "role": "user",
                "content": [
                    {
                        "type": "image_url",
                        "image_url": {
                            "url": "https://pbs.twimg.com/media/F_c_hrGWcAA3w0p?format=jpg&name=medium"
                        }
                    },
                    {
                        "type": "text",
                        "text": "这张图里的标志是什么？"
                    }
                ]
            }
        ],
        "max_tokens": 4096
    }
}'"""
