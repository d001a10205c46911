# One image for every process: the command says which (docker-compose.yml).
FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Scripts are left out: the only one that matters, the build, runs below with the sources.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY prisma ./prisma
COPY scripts ./scripts
COPY src ./src
COPY workers ./workers
RUN npm run build && npm prune --omit=dev --ignore-scripts
# COPY keeps the modes of the checkout: one made under umask 077 would be unreadable for the user that runs the program.
RUN chmod -R a+rX package.json prisma scripts

FROM node:22-slim
ENV NODE_ENV=production
# Other containers must reach the API; what is published to the machine is decided where the container is started.
ENV FEEWARDEN_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/prisma ./prisma
COPY --from=build /app/scripts ./scripts
COPY --from=build /app/dist ./dist
# Only used without DATABASE_URL, by the embedded database.
RUN mkdir data && chown node:node data
USER node
VOLUME /app/data
EXPOSE 8080
ENTRYPOINT ["node", "scripts/feewarden.mjs"]
CMD ["start"]
